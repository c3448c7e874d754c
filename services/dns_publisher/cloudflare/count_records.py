"""How many records a zone holds, and how many it may: GET …/dns_records/usage, or else by the length of the list."""

from schemas.base import Wire
from services.dns_publisher.cloudflare.call import Ok, call, decoded
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.provider.publisher import Room

FREE_PLAN = 200
"""Records in a zone of the Free plan since September 2024: what we go by where the API says nothing."""


class Usage(Wire, frozen=True, kw_only=True, rename=None):
    """What the API says; a plan without limit says none."""

    record_usage: int
    record_quota: int | None = None


async def count_records(cloudflare: Cloudflare, zone_id: str, limit: int = 0) -> Room | Refused | Unknown:
    """How full the zone is; `limit` instead of what the plan allows, unless it is 0."""
    reply = await call(cloudflare, lambda client: client.dns.usage.zone.with_raw_response.get(zone_id=zone_id))
    if isinstance(reply, Ok) and isinstance(found := decoded(reply, Usage), Usage) and found.record_quota is not None:
        return Room(found.record_usage, limit or found.record_quota)
    reply = await call(
        cloudflare, lambda client: client.dns.records.with_raw_response.list(zone_id=zone_id, per_page=1)
    )
    if not isinstance(reply, Ok):
        return reply
    if reply.total is None:
        return Unknown("a list that does not say how long it is")
    return Room(reply.total, limit or FREE_PLAN)
