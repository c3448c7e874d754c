"""One look at a zone: DS at every address of its parent, everything that signs it at every address of its own.

Nothing is believed: the parent's keys are proven from the root, and what its servers say of the DS by those keys.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdtypes.ANY.DS import DS

from services.dnssec_verifier.chain import denial, rrset
from services.dnssec_verifier.chain.denial import negative_ttl
from services.dnssec_verifier.chain.verdict import Bogus, Failure, Insecure, Secure, Stop
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.chain.zone import Delegation, Zone
from services.dnssec_verifier.propagation.examine import MayAsk
from services.dnssec_verifier.transport.query import Mute, Server, Silence, Transport, query, query_fully, question
from services.dnssec_verifier.zones.seen import ChildSeen, ParentSeen, ZoneSeen, as_ds

APEX = (dns.rdatatype.DNSKEY, dns.rdatatype.SOA, dns.rdatatype.NS, dns.rdatatype.CDS, dns.rdatatype.CDNSKEY)
WAYS: tuple[Transport, ...] = ("udp", "tcp")


@dataclass(frozen=True, slots=True)
class ZoneLooker:
    """Looks with `walker`, at servers on `port`; `timeout_s` for one query. `clock` gives unix seconds."""

    walker: Walker
    port: int
    timeout_s: float
    may_ask: MayAsk
    clock: Callable[[], float] = time.time

    async def look(self, zone: dns.name.Name) -> ZoneSeen:
        """What is to be seen now, nothing of it cached."""
        self.walker.forget(zone)
        above = await self.walker.zone_of(zone.parent())
        if not isinstance(above, Zone):
            unsigned = isinstance(above, Insecure | Bogus)
            return ZoneSeen(zone, self.clock(), parent_is_unsigned=unsigned, trouble=f"the parent is {above}")
        servers = await self.walker.delegation(above, zone)
        if not isinstance(servers, Delegation):
            return ZoneSeen(zone, self.clock(), trouble=f"the parent does not delegate the zone: {servers}")
        parents, children, chain, negative_s = await asyncio.gather(
            asyncio.gather(*(self._parent(at, way, zone, above) for at, way in self._doors(above.servers))),
            asyncio.gather(*(self._child(at, way, zone) for at, way in self._doors(servers))),
            self._chain(zone),
            self._negative_s(above),
        )
        return ZoneSeen(
            zone,
            self.clock(),
            tuple(seen for seen in parents if seen is not None),
            tuple(seen for seen in children if seen is not None),
            frozenset(servers.names),
            negative_s,
            chain,
        )

    def _doors(self, servers: Delegation) -> list[tuple[Server, Transport]]:
        return [(Server(at, self.port), way) for at in servers.addresses if self.may_ask(at) for way in WAYS]

    async def _parent(self, server: Server, way: Transport, zone: dns.name.Name, above: Zone) -> ParentSeen | None:
        answer = await self._ask(server, way, zone, dns.rdatatype.DS)
        if isinstance(answer, Silence):
            return None if answer.why is Mute.UNROUTABLE else ParentSeen(server, way, None, 0, answer.why.value)
        if (wrong := _unfit(answer)) is not None:
            return ParentSeen(server, way, None, 0, wrong)
        terms = self.walker.terms()
        try:
            signed = rrset.find(answer.answer, zone, dns.rdatatype.DS)
            if signed is None:
                denial.prove_no_ds(answer, zone, above.ring, terms)
                return ParentSeen(server, way, frozenset(), 0, "no DS")
            proven = rrset.verify(signed, above.ring, terms)
        except Stop as stop:
            return ParentSeen(server, way, None, 0, str(stop.verdict))
        found = frozenset(as_ds(record) for record in proven.rrset if isinstance(record, DS))
        ttl_s = max(int(proven.rrset.ttl), int(proven.signature.original_ttl))
        return ParentSeen(server, way, found, ttl_s, f"DS {', '.join(str(ds.key_tag) for ds in sorted(found))}")

    async def _child(self, server: Server, way: Transport, zone: dns.name.Name) -> ChildSeen | None:
        nowhere = dns.name.Name((secrets.token_hex(8).encode(), *zone.labels))
        asked = [(zone, rdtype) for rdtype in APEX] + [(nowhere, dns.rdatatype.TXT)]
        answers = await asyncio.gather(*(self._ask(server, way, name, rdtype) for name, rdtype in asked))
        silent = next((answer for answer in answers if isinstance(answer, Silence)), None)
        if silent is not None:
            unroutable = silent.why is Mute.UNROUTABLE
            return None if unroutable else ChildSeen(server, way, {}, nowhere, None, silent.why.value)
        heard = [answer for answer in answers if not isinstance(answer, Silence)]
        if (wrong := next(filter(None, map(_unfit, heard)), None)) is not None:
            return ChildSeen(server, way, {}, nowhere, None, wrong)
        return ChildSeen(server, way, dict(zip(APEX, heard[:-1], strict=True)), nowhere, heard[-1], "")

    async def _ask(
        self, server: Server, way: Transport, name: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> dns.message.Message | Silence:
        asked = question(name, rdtype)
        if way == "udp":
            return await query_fully(server, asked, self.timeout_s)
        return await query(server, asked, way, self.timeout_s)

    async def _chain(self, zone: dns.name.Name) -> Secure | Failure:
        answer = await self.walker.resolve(zone, dns.rdatatype.SOA)
        return answer.verdict if isinstance(answer, Answer) else answer

    async def _negative_s(self, above: Zone) -> int:
        soa = await self.walker.resolve(above.name, dns.rdatatype.SOA)
        if not isinstance(soa, Answer) or soa.rrset is None:
            return 0
        return negative_ttl(soa.rrset.ttl, soa.rrset)


def _unfit(answer: dns.message.Message) -> str | None:
    """Why `answer` says nothing about a zone; an absent name is NXDOMAIN or, denied compactly, NOERROR."""
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return f"the server answered {dns.rcode.to_text(answer.rcode())}"
    if not answer.flags & dns.flags.AA:
        return "the answer is not authoritative"
    return None
