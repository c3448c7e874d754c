"""GET /zones/{zone}/dns_records: everything at one name, or the payment records of the zone page by page."""

from schemas.base import Wire
from services.dns_publisher.cloudflare.call import Ok, call, decoded
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.content import payload
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.provider.publisher import Listed, Page
from services.dns_publisher.records import marker
from services.dns_publisher.records.reconcile import Present

PER_NAME = 100
"""Far more than a name may hold."""
PER_PAGE = 500
PAYMENT = "._bitcoin-payment."
"""In every name of BIP 353."""
AUTOMATIC, AUTOMATIC_TTL_S = 1, 300
"""TTL 1 means automatic, and this is what is served then."""


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
        data, ttl_s = payload(self.content) if self.type == "TXT" else b"", int(self.ttl)
        served_s = AUTOMATIC_TTL_S if ttl_s == AUTOMATIC else ttl_s
        return Present(self.id, self.type, data, ttl_s, marker.read(self.comment), served_s)

    @property
    def owner(self) -> str:
        """The name, as we compare it."""
        return self.name.lower().rstrip(".")


async def list_records(cloudflare: Cloudflare, zone_id: str, name: str) -> tuple[Present, ...] | Refused | Unknown:
    """Every record at exactly `name` (no final dot): one call, and only its first page."""
    reply = await call(
        cloudflare,
        lambda client: client.dns.records.with_raw_response.list(
            zone_id=zone_id, name={"exact": name}, per_page=PER_NAME
        ),
    )
    rows = decoded(reply, tuple[RecordRow, ...]) if isinstance(reply, Ok) else reply
    if isinstance(rows, Refused | Unknown):
        return rows
    return tuple(row.present() for row in rows if row.owner == name)


async def list_page(
    cloudflare: Cloudflare, zone_id: str, number: int, per_page: int = PER_PAGE
) -> Page | Refused | Unknown:
    """Page `number` of the zone's records below a `_bitcoin-payment`, whatever their type."""
    reply = await call(
        cloudflare,
        lambda client: client.dns.records.with_raw_response.list(
            zone_id=zone_id, name={"contains": PAYMENT}, order="name", page=number, per_page=per_page
        ),
    )
    rows = decoded(reply, tuple[RecordRow, ...]) if isinstance(reply, Ok) else reply
    if isinstance(rows, Refused | Unknown):
        return rows
    return Page(
        tuple(Listed(row.owner, row.present()) for row in rows), str(number + 1) if len(rows) == per_page else None
    )
