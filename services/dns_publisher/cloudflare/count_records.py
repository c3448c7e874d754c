"""GET /zones/{zone}/dns_records/usage: how many records a zone holds, and how many its plan allows."""

from schemas.base import Wire
from services.dns_publisher.answers import Refused, Unknown
from services.dns_publisher.cloudflare.call import Ok, call, decoded
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.publisher import Room


class Usage(Wire, frozen=True, kw_only=True, rename=None):
    """What the API says."""

    record_quota: int
    record_usage: int


async def count_records(cloudflare: Cloudflare, zone_id: str) -> Room | Refused | Unknown:
    """How full the zone is."""
    usage = cloudflare.client.dns.usage.zone.with_raw_response
    reply = await call(cloudflare.line, lambda: usage.get(zone_id=zone_id))
    found = decoded(reply, Usage) if isinstance(reply, Ok) else reply
    return Room(found.record_usage, found.record_quota) if isinstance(found, Usage) else found
