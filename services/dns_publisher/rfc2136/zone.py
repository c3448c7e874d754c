"""A zone on a primary, and how its apex is found: the verbs of the interface, each change one update.

A prerequisite names the name's whole TXT RRset as it was seen (or that there is none) and that no CNAME stands there.
TTLs cannot be compared (RFC 2136 §3.2.5), so a TTL changed by hand in between is simply set right.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import dns.message
import dns.name
import dns.update
from dns.flags import Flag
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from schemas.names import is_payment_txt
from services.dns_publisher.provider.answers import Accepted, Answer, Meaning, Refused, Unknown
from services.dns_publisher.provider.publisher import Page, Room, Zone
from services.dns_publisher.records.marker import Marker, digest_of
from services.dns_publisher.records.reconcile import Desired, Present, Replace
from services.dns_publisher.rfc2136.journal import Journal, marker_of
from services.dns_publisher.rfc2136.meanings import meaning_of
from services.dns_publisher.rfc2136.records import at_name, dns_name, rdata_of, text_of, text_rdata, txt_of
from services.dns_publisher.rfc2136.server import Server
from services.dns_publisher.rfc2136.transfer import transferred

PAYMENT = "user._bitcoin-payment"


@dataclass(frozen=True, slots=True)
class UpdateZone:
    """The zone with this `apex` on `server`."""

    server: Server
    journal: Journal
    apex: dns.name.Name

    @property
    def publisher(self) -> str:
        """By what means it is published."""
        return "rfc2136"

    @property
    def name(self) -> str:
        """The apex, without final dot."""
        return text_of(self.apex)

    async def look(self, name: str) -> tuple[Present, ...] | Refused | Unknown:
        """The TXT records at `name`, and a CNAME if one is there instead."""
        asked = dns_name(name)
        answer = await self.server.ask(asked, RdataType.TXT)
        if not isinstance(answer, dns.message.Message):
            return answer
        if answer.rcode() not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            return meaning_of(answer.rcode())
        if not answer.flags & Flag.AA:
            return Refused(Meaning.ZONE, "the server is not authoritative for the name")
        present = at_name(answer, asked)
        if not any(is_payment_txt(record.payload) for record in present):
            return present
        marks = await self.journal.read(name)  # after the records: a mark is older than what it is for
        return tuple(replace(record, marker=marker_of(marks, record.payload, record.ttl_s)) for record in present)

    async def create(self, desired: Desired, mark: Marker, seen: Sequence[Present]) -> Answer:
        """Add the record, if the name is still as it was seen."""
        return await self._set(desired, mark, (), seen)

    async def replace(self, desired: Desired, plan: Replace, seen: Sequence[Present]) -> Answer:
        """Take the old and add the new in one transaction, if the name is still as it was seen."""
        return await self._set(desired, plan.mark, (plan.record_id, *plan.extras), seen)

    async def delete(self, name: str, record_ids: Sequence[str], seen: Sequence[Present]) -> Answer:
        """Take the records away, if the name is still as it was seen."""
        update = self._update(name, seen)
        for rdata in rdata_of(record_ids, seen):
            update.delete(dns_name(name), rdata)
        refused = await self.server.change(update)
        if refused is None and not any(_ours(record) and record.record_id not in record_ids for record in seen):
            await self.journal.fade(name)
        return refused or Accepted()

    async def records(self, start: str = "") -> Page | Refused | Unknown:  # noqa: ARG002  a transfer has one page
        """All of them, by a zone transfer; refused with Meaning.CREDENTIALS where our key may not have one."""
        return await transferred(self.server, self.apex)

    async def room(self) -> Room | Refused | Unknown | None:
        """A zone of our own has no quota."""
        return None

    async def _set(self, desired: Desired, mark: Marker, old: Sequence[str], seen: Sequence[Present]) -> Answer:
        standing = {digest_of(record.payload) for record in seen}
        await self.journal.add(desired.name, mark, desired.ttl_s, standing)
        update = self._update(desired.name, seen)
        for rdata in rdata_of(old, seen):
            update.delete(dns_name(desired.name), rdata)
        update.add(dns_name(desired.name), desired.ttl_s, txt_of(desired))
        return await self.server.change(update) or Accepted()

    def _update(self, name: str, seen: Sequence[Present]) -> dns.update.UpdateMessage:
        """An update of `name` that is only made if everything `seen` there is all that is there."""
        update, owner = dns.update.UpdateMessage(self.apex), dns_name(name)
        if texts := text_rdata(seen):
            update.present(owner, *texts)
        else:
            update.absent(owner, RdataType.TXT)
            update.absent(owner, RdataType.CNAME)
        return update


@dataclass(frozen=True, slots=True)
class UpdatePublisher:
    """The zones of one primary."""

    server: Server
    journal: Journal

    async def zone(self, domain: str) -> Zone | Refused | Unknown:
        """The zone in which the server has the payment names of `domain`, which may be one of their own below it."""
        asked = dns_name(f"{PAYMENT}.{domain}")
        answer = await self.server.ask(asked, RdataType.SOA)
        if not isinstance(answer, dns.message.Message):
            return answer
        if answer.rcode() not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            return meaning_of(answer.rcode())
        sections = (*answer.answer, *answer.authority)
        apex = next((rrset.name for rrset in sections if rrset.rdtype == RdataType.SOA), None)
        if apex is None or not answer.flags & Flag.AA or not asked.is_subdomain(apex):
            return Refused(Meaning.ZONE, f"the server has no zone for {domain}")
        return UpdateZone(self.server, self.journal, apex)


def _ours(record: Present) -> bool:
    return record.marker is not None and is_payment_txt(record.payload)
