"""DELETE /zones/{zone}/dns_records/{id}: a record taken away."""

from services.dns_publisher.cloudflare.call import Reply, call
from services.dns_publisher.cloudflare.client import Cloudflare


async def delete_record(cloudflare: Cloudflare, zone_id: str, record_id: str) -> Reply:
    """Delete record `record_id`."""
    return await call(
        cloudflare, lambda client: client.dns.records.with_raw_response.delete(record_id, zone_id=zone_id)
    )
