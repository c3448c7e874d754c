"""DELETE /zones/{zone}/dns_records/{id}: a record taken away."""

from services.dns_publisher.provider.call import Reply, call
from services.dns_publisher.provider.client import Provider


async def delete_record(provider: Provider, zone_id: str, record_id: str) -> Reply:
    """Delete record `record_id`."""
    records = provider.client.dns.records.with_raw_response
    return await call(provider.line, lambda: records.delete(record_id, zone_id=zone_id))
