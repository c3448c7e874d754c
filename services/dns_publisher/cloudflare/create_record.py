"""POST /zones/{zone}/dns_records: a new TXT record. Never repeated without looking first."""

from services.dns_publisher.cloudflare.call import Reply, call
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.content import quoted
from services.dns_publisher.records.marker import Marker
from services.dns_publisher.records.reconcile import Desired


async def create_record(cloudflare: Cloudflare, zone_id: str, desired: Desired, mark: Marker) -> Reply:
    """Make the record of `desired`, marked with `mark`."""
    content = quoted(desired.payload.decode("ascii"))
    return await call(
        cloudflare,
        lambda client: client.dns.records.with_raw_response.create(
            zone_id=zone_id, type="TXT", name=desired.name, content=content, ttl=desired.ttl_s, comment=mark.text
        ),
    )
