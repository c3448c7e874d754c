"""A zone at Cloudflare, and how it is found: the verbs of the interface, each by one API call."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.dns_publisher.cloudflare.batch_records import batch_records
from services.dns_publisher.cloudflare.call import changed
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.count_records import count_records
from services.dns_publisher.cloudflare.create_record import create_record
from services.dns_publisher.cloudflare.delete_record import delete_record
from services.dns_publisher.cloudflare.edit_record import edit_record
from services.dns_publisher.cloudflare.find_zone import find_zone
from services.dns_publisher.cloudflare.list_records import list_page, list_records
from services.dns_publisher.cloudflare.room import Counted
from services.dns_publisher.provider.answers import Accepted, Answer, Meaning, Refused, Unknown
from services.dns_publisher.provider.publisher import Page, Room, Zone
from services.dns_publisher.records.marker import Marker
from services.dns_publisher.records.reconcile import Desired, Present, Replace


@dataclass(frozen=True, slots=True)
class CloudflareZone:
    """The zone `name` with its id at Cloudflare."""

    cloudflare: Cloudflare
    name: str
    zone_id: str
    counted: Counted

    @property
    def publisher(self) -> str:
        """Who serves it."""
        return "cloudflare"

    async def look(self, name: str) -> tuple[Present, ...] | Refused | Unknown:
        """Every record at exactly `name`."""
        return await list_records(self.cloudflare, self.zone_id, name)

    async def create(self, desired: Desired, mark: Marker, seen: Sequence[Present]) -> Answer:  # noqa: ARG002  no CAS here
        """Make the record of `desired`, if the zone has room for it."""
        if (full := await self.counted.refusal()) is not None:
            return full
        return changed(await create_record(self.cloudflare, self.zone_id, desired, mark))

    async def replace(self, desired: Desired, plan: Replace, seen: Sequence[Present]) -> Answer:  # noqa: ARG002  no CAS
        """Change a record under its id; with extras to delete, all in one batch."""
        if plan.extras:
            return changed(await batch_records(self.cloudflare, self.zone_id, desired, plan))
        return changed(await edit_record(self.cloudflare, self.zone_id, plan.record_id, desired, plan.mark))

    async def delete(self, name: str, record_ids: Sequence[str], seen: Sequence[Present]) -> Answer:  # noqa: ARG002  ids say all
        """Delete the records, one after the other: there is hardly ever more than one."""
        answer: Answer = Accepted()
        for record_id in record_ids:
            reply = changed(await delete_record(self.cloudflare, self.zone_id, record_id))
            gone = isinstance(reply, Refused) and reply.meaning is Meaning.GONE
            answer = answer if isinstance(reply, Accepted) or gone else reply
        return answer

    async def records(self, start: str = "") -> Page | Refused | Unknown:
        """A page of the payment records; `start` is the page's number."""
        return await list_page(self.cloudflare, self.zone_id, int(start or "1"))

    async def room(self) -> Room | Refused | Unknown | None:
        """How full the zone is, by the API."""
        return await count_records(self.cloudflare, self.zone_id, self.counted.limit)


@dataclass(frozen=True, slots=True)
class CloudflarePublisher:
    """The zones of one account. `limit` is how many records a zone may hold; 0: as the API says."""

    cloudflare: Cloudflare
    limit: int = 0

    async def zone(self, domain: str) -> Zone | Refused | Unknown:
        """The zone called `domain`, or the nearest above it."""
        labels = domain.split(".")
        for start in range(max(1, len(labels) - 1)):
            candidate = ".".join(labels[start:])
            found = await find_zone(self.cloudflare, candidate)
            if isinstance(found, str):
                return CloudflareZone(self.cloudflare, candidate, found, Counted(self.cloudflare, found, self.limit))
            if found is not None:
                return found
        return Refused(Meaning.ZONE, f"the account has no zone for {domain}")
