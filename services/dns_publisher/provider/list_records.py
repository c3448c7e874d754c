"""GET /zones/{zone}/dns_records?name.exact=: everything at one name."""

from schemas.base import Wire
from services.dns_publisher.content import payload
from services.dns_publisher.provider.call import Ok, Refused, Unknown, call, decoded
from services.dns_publisher.provider.client import Provider
from services.dns_publisher.reconcile import Present

PER_PAGE = 100


class RecordRow(Wire, frozen=True, kw_only=True, rename=None):
    """A record, as far as we look at it; numbers may arrive as floats."""

    id: str
    name: str
    type: str
    content: str = ""
    ttl: float = 1
    comment: str | None = None

    def present(self) -> Present:
        """For comparing."""
        data = payload(self.content) if self.type == "TXT" else b""
        return Present(self.id, self.type, data, int(self.ttl), self.comment)


async def list_records(provider: Provider, zone_id: str, name: str) -> tuple[Present, ...] | Refused | Unknown:
    """Every record at exactly `name` (no final dot): one call, the first page, which holds far more than a name may."""
    records = provider.client.dns.records.with_raw_response
    reply = await call(provider.line, lambda: records.list(zone_id=zone_id, name={"exact": name}, per_page=PER_PAGE))
    if not isinstance(reply, Ok):
        return reply
    rows = decoded(reply, tuple[RecordRow, ...])
    if isinstance(rows, Unknown):
        return rows
    return tuple(row.present() for row in rows if row.name.lower().rstrip(".") == name)
