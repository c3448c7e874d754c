"""POST /zones/{zone}/dns_records/batch: one record replaced and the others deleted, in one transaction."""

from services.dns_publisher.cloudflare.call import Reply, call
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.content import quoted
from services.dns_publisher.records.reconcile import Desired, Replace


async def batch_records(cloudflare: Cloudflare, zone_id: str, desired: Desired, plan: Replace) -> Reply:
    """Keep one record, as `desired` says, and delete the extras of `plan`."""
    content = quoted(desired.payload.decode("ascii"))
    return await call(
        cloudflare,
        lambda client: client.dns.records.with_raw_response.batch(
            zone_id=zone_id,
            deletes=[{"id": record_id} for record_id in plan.extras],
            puts=[
                {
                    "id": plan.record_id,
                    "type": "TXT",
                    "name": desired.name,
                    "content": content,
                    "ttl": desired.ttl_s,
                    "comment": plan.mark.text,
                }
            ],
        ),
    )
