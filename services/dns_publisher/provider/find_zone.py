"""GET /zones?name=: the id of a zone."""

from schemas.base import Wire
from services.dns_publisher.provider.call import Ok, Refused, Unknown, call, decoded
from services.dns_publisher.provider.client import Provider


class ZoneRow(Wire, frozen=True, kw_only=True, rename=None):
    """A zone, as far as we look at it."""

    id: str
    name: str


async def find_zone(provider: Provider, name: str) -> str | Refused | Unknown | None:
    """The id of the zone called `name`; None if the account has none."""
    zones = provider.client.zones.with_raw_response
    reply = await call(provider.line, lambda: zones.list(name=name))
    if not isinstance(reply, Ok):
        return reply
    rows = decoded(reply, tuple[ZoneRow, ...])
    if isinstance(rows, Unknown):
        return rows
    return next((row.id for row in rows if row.name.lower() == name), None)
