"""GET /zones?name=: the id of a zone."""

from schemas.base import Wire
from services.dns_publisher.cloudflare.call import Ok, call, decoded
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.provider.answers import Refused, Unknown


class ZoneRow(Wire, frozen=True, kw_only=True, rename=None):
    """A zone, as far as we look at it."""

    id: str
    name: str


async def find_zone(cloudflare: Cloudflare, name: str) -> str | Refused | Unknown | None:
    """The id of the zone called `name`; None if the account has none."""
    reply = await call(cloudflare, lambda client: client.zones.with_raw_response.list(name=name))
    if not isinstance(reply, Ok):
        return reply
    rows = decoded(reply, tuple[ZoneRow, ...])
    if isinstance(rows, Unknown):
        return rows
    return next((row.id for row in rows if row.name.lower() == name), None)
