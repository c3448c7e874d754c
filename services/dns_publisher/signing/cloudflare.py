"""Cloudflare as a signer: `PATCH` and `DELETE /zones/{id}/dnssec`, each looked at before it is made.

Cloudflare signs before it hands out a DS, signs on while it waits for the DS to go, and refuses DELETE until it has
seen it gone.
"""

from dataclasses import dataclass
from typing import Literal

from schemas.base import Wire
from services.dns_publisher.cloudflare.call import Ok, Reply, call, decoded
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.find_zone import find_zone
from services.dns_publisher.provider.answers import Meaning, Refused, Unknown
from services.dns_publisher.signing.signers import Told


class Dnssec(Wire, frozen=True, kw_only=True, rename=None):
    """What the API says of a zone's signing, as far as we look at it."""

    status: str
    modified_on: str | None = None


@dataclass(frozen=True, slots=True)
class CloudflareSigner:
    """The zones of one account."""

    cloudflare: Cloudflare

    async def start(self, zone: str) -> Told | Refused | Unknown:
        """See Signer; `pending` and `active` are both signed, without and with a DS that Cloudflare has seen."""
        return await self._bring(zone, "active", ("pending", "active"))

    async def forsake(self, zone: str) -> Told | Refused | Unknown:
        """See Signer; `pending-disabled` signs on."""
        return await self._bring(zone, "disabled", ("pending-disabled", "disabled"))

    async def stop(self, zone: str) -> Told | Refused | Unknown:
        """See Signer; DELETE is refused until Cloudflare has seen the DS gone, so that is waited for."""
        told = await self._bring(zone, "disabled", ("disabled",))
        if not isinstance(told, Told):
            return told
        zone_id = await self._zone_id(zone)
        if not isinstance(zone_id, str):
            return zone_id
        reply = await call(self.cloudflare, lambda client: client.dns.dnssec.with_raw_response.delete(zone_id=zone_id))
        return Told("Cloudflare stops signing") if isinstance(reply, Ok) else reply

    async def _bring(
        self, zone: str, wanted: Literal["active", "disabled"], there: tuple[str, ...]
    ) -> Told | Refused | Unknown:
        zone_id = await self._zone_id(zone)
        if not isinstance(zone_id, str):
            return zone_id
        found = _read(
            await call(self.cloudflare, lambda client: client.dns.dnssec.with_raw_response.get(zone_id=zone_id))
        )
        if isinstance(found, Dnssec) and found.status not in there:
            found = _read(
                await call(
                    self.cloudflare,
                    lambda client: client.dns.dnssec.with_raw_response.edit(zone_id=zone_id, status=wanted),
                )
            )
        if not isinstance(found, Dnssec):
            return found
        if found.status not in there:
            return Unknown(f"Cloudflare says that signing is {found.status}")
        return Told(f"Cloudflare says that signing is {found.status}")

    async def _zone_id(self, zone: str) -> str | Refused | Unknown:
        found = await find_zone(self.cloudflare, zone)
        return Refused(Meaning.ZONE, f"the account has no zone for {zone}") if found is None else found


def _read(reply: Reply) -> Dnssec | Refused | Unknown:
    return decoded(reply, Dnssec) if isinstance(reply, Ok) else reply
