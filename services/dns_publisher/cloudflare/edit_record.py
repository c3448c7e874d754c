"""PATCH /zones/{zone}/dns_records/{id}: a record replaced in place, so that the name never has none or two."""

from services.dns_publisher.cloudflare.call import Reply, call
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.content import quoted
from services.dns_publisher.records.marker import Marker
from services.dns_publisher.records.reconcile import Desired


async def edit_record(cloudflare: Cloudflare, zone_id: str, record_id: str, desired: Desired, mark: Marker) -> Reply:
    """Make record `record_id` what `desired` says."""
    content = quoted(desired.payload.decode("ascii"))
    return await call(
        cloudflare,
        lambda client: client.dns.records.with_raw_response.edit(
            record_id,
            zone_id=zone_id,
            type="TXT",
            name=desired.name,
            content=content,
            ttl=desired.ttl_s,
            comment=mark.text,
        ),
    )
