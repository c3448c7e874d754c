"""A parent that takes dynamic updates (RFC 2136): the DS set replaced in one message, if it is the expected one.

The prerequisite is the whole set (§2.4.2), so that of two writers one is told that somebody was faster. What may or may
not have been done is read back before it is said.
"""

from dataclasses import dataclass

import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.update
from dns.rcode import Rcode
from dns.rdtypes.ANY.DS import DS

from schemas.zones import Ds, ParentKind
from services.dns_publisher.provider.answers import Meaning, Refused, Unknown
from services.dns_publisher.rfc2136.server import Server
from services.dns_publisher.signing.parents import Change, Given, Other


@dataclass(frozen=True, slots=True)
class UpdateParent:
    """The parent zone `zone` on `server`; a DS gets `ttl_s`."""

    server: Server
    zone: str
    ttl_s: int
    kind: ParentKind = "rfc2136"

    async def change(self, zone: str, expected: frozenset[Ds], wanted: frozenset[Ds]) -> Change:
        """See Parent."""
        name = dns.name.from_text(zone)
        found = await self._standing(name)
        if not isinstance(found, frozenset) or found == wanted:
            return Given("it stands there") if isinstance(found, frozenset) else found
        if found != expected:
            return Other(f"the parent has DS {_text(found)}")
        refusal = await self.server.change(self._update(name, expected, wanted))
        match refusal:
            case None | Refused(meaning=Meaning.CHANGED) | Unknown():
                return await self._read_back(name, wanted, refusal)
            case Refused():
                return refusal

    async def _read_back(self, name: dns.name.Name, wanted: frozenset[Ds], answer: Refused | Unknown | None) -> Change:
        found = await self._standing(name)
        if not isinstance(found, frozenset):
            return found
        if found == wanted:
            return Given(f"the parent took DS {_text(wanted)}")
        return answer if isinstance(answer, Unknown) else Other(f"the parent has DS {_text(found)}")

    async def _standing(self, name: dns.name.Name) -> frozenset[Ds] | Refused | Unknown:
        answer = await self.server.ask(name, dns.rdatatype.DS)
        if not isinstance(answer, dns.message.Message):
            return answer
        if answer.rcode() not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            return Unknown(f"the server answered {Rcode.to_text(answer.rcode())}")
        sets = (rr for rr in answer.answer if rr.name == name and rr.rdtype == dns.rdatatype.DS)
        return frozenset(_as_ds(record) for rr in sets for record in rr if isinstance(record, DS))

    def _update(self, name: dns.name.Name, expected: frozenset[Ds], wanted: frozenset[Ds]) -> dns.message.Message:
        update = dns.update.UpdateMessage(dns.name.from_text(self.zone))
        if expected:
            update.present(name, *(_as_rdata(ds) for ds in sorted(expected)))
        else:
            update.absent(name, dns.rdatatype.DS)
        update.delete(name, dns.rdatatype.DS)
        for ds in sorted(wanted):
            update.add(name, self.ttl_s, _as_rdata(ds))
        return update


def _text(ds_set: frozenset[Ds]) -> str:
    return ", ".join(str(ds.key_tag) for ds in sorted(ds_set)) or "none"


def _as_ds(record: DS) -> Ds:
    return Ds(
        key_tag=record.key_tag,
        algorithm=int(record.algorithm),
        digest_type=int(record.digest_type),
        digest=record.digest.hex().upper(),
    )


def _as_rdata(ds: Ds) -> dns.rdata.Rdata:
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DS, ds.text)
