"""One walk from the root: referral by referral, each child's keys proven by its parent's DS before it is believed.

A name without DS may simply not be a zone cut, so cuts are found by referrals and by RRSIG signer names, and proven by
DS questions; nothing is assumed per label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.DS import DS

from services.dnssec_verifier.chain import denial, read, rrset
from services.dnssec_verifier.chain.addresses import AddressBook
from services.dnssec_verifier.chain.cache import ZoneCache
from services.dnssec_verifier.chain.judge import Alias, Missing, Present, check_size, judge
from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.rrset import Verified
from services.dnssec_verifier.chain.source import Source
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import (
    Bogus,
    BogusReason,
    IndeterminateReason,
    Insecure,
    Secure,
    Stop,
    bogus,
    indeterminate,
)
from services.dnssec_verifier.chain.zone import Delegation, Zone, child_zone, root_zone


@dataclass(frozen=True, slots=True)
class Answer:
    """A secure answer: `rrset` at `name` (after aliases), or None if its absence is what was proven.

    `evidence` is every RRset that proves a present one, with the signature that held, once each.
    """

    name: dns.name.Name
    rrset: dns.rrset.RRset | None
    verdict: Secure
    evidence: tuple[Verified, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """The zone a question belongs to, and the (unproven) answer of one of its servers."""

    zone: Zone
    message: dns.message.Message


class Walk:
    """One walk under `terms`. Every method raises Stop with the verdict when it cannot go on."""

    def __init__(
        self,
        source: Source,
        anchors: Sequence[DS],
        roots: Delegation,
        cache: ZoneCache,
        terms: Inspection,
        turn: int,
    ) -> None:
        self._turn = turn  # whose turn it is to be asked first: another attempt begins with another server
        self._source, self._anchors, self._roots, self._cache, self._terms = source, anchors, roots, cache, terms
        self._book = AddressBook(source, self._nearest, terms)

    async def resolve(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Answer:
        """What is proven about `rdtype` at `name`, through at most `policy.aliases` CNAME and DNAME."""
        spans: list[Span] = []
        zones: dict[str, None] = {}
        evidence: list[rrset.Verified] = []
        seen = {name}
        while True:
            arrival = await self.approach(name, rdtype)
            judged = judge(arrival.message, name, rdtype, arrival.zone.ring, self._terms)
            spans += [arrival.zone.span_at(self._terms.now), judged.span]
            zones.update(dict.fromkeys(arrival.zone.path))
            match judged:
                case Present(records, _, proven):
                    whole = (*proven, *evidence, *reversed(arrival.zone.evidence))
                    return Answer(name, records, self._secure(spans, zones), _distinct(whole))
                case Missing():
                    return Answer(name, None, self._secure(spans, zones))
                case Alias(target, _, proven):
                    name = target
                    evidence += (*proven, *reversed(arrival.zone.evidence))
            if name in seen or len(seen) > self._terms.policy.aliases:
                raise bogus(BogusReason.ALIAS_LOOP, name)
            seen.add(name)

    async def approach(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Arrival:
        """The deepest zone that answers for `name`, its keys proven, and what it said about `rdtype`."""
        zone = self._cache.deepest(name, self._terms.now) or await self.root()
        for _ in range(self._terms.policy.zones):
            message = await self._ask(zone.servers, name, rdtype)
            onward = read.referral(message, zone.name, name)
            deeper = await (self._enter(zone, onward, message) if onward else self._beneath(zone, name, message))
            if deeper is None:
                return Arrival(zone, message)
            zone = deeper
        raise indeterminate(IndeterminateReason.TOO_MANY_ZONES, name)

    async def root(self) -> Zone:
        """The root zone, its keys as its servers give them now, proven by the anchors."""
        message = await self._ask(self._roots, dns.name.root, dns.rdatatype.DNSKEY)
        zone = root_zone(message, self._anchors, self._roots, self._terms)
        self._cache.keep(zone)
        return zone

    async def _enter(self, zone: Zone, onward: read.Referral, message: dns.message.Message) -> Zone:
        """The child that `message` refers to; without a DS its absence must be proven, and then it is Insecure."""
        signed = rrset.find(message.authority, onward.child, dns.rdatatype.DS)
        if signed is None and not _speaks_of_ds(message):
            message = await self._ask(zone.servers, onward.child, dns.rdatatype.DS)
            signed = rrset.find(message.answer, onward.child, dns.rdatatype.DS)
        if signed is None:
            denial.prove_no_ds(message, onward.child, zone.ring, self._terms)
            raise Stop(Insecure(str(onward.child)))
        ds = rrset.verify(signed, zone.ring, self._terms)
        return await self._child(zone, ds, await self._book.delegation(onward))

    async def _child(self, zone: Zone, ds: rrset.Verified, servers: Delegation) -> Zone:
        message = await self._ask(servers, ds.rrset.name, dns.rdatatype.DNSKEY)
        child = child_zone(zone, ds, message, servers, self._terms)
        self._cache.keep(child)
        return child

    async def _beneath(self, zone: Zone, name: dns.name.Name, message: dns.message.Message) -> Zone | None:
        """A zone under `zone` that the same servers answer for as well; None if `zone` is the one that answered."""
        if _is_lame(message):
            raise indeterminate(IndeterminateReason.LAME, zone.name)
        hint = read.signer_hint(message, zone.name, name)
        if hint == zone.name:
            return None
        target = hint or name
        for depth in range(len(zone.name) + 1, len(target) + 1):
            child = await self._cut(zone, target.split(depth)[1], certain=hint is not None)
            if child is not None:
                return child
        return None

    async def _cut(self, zone: Zone, name: dns.name.Name, *, certain: bool) -> Zone | None:
        """The zone cut at `name`, asked of its parent's servers; None if there is none."""
        message = await self._ask(zone.servers, name, dns.rdatatype.DS)
        try:
            signed = rrset.find(message.answer, name, dns.rdatatype.DS)
            if signed is None:
                cut, _ = denial.prove_no_ds(message, name, zone.ring, self._terms)
                if cut is denial.Cut.UNSIGNED:
                    raise Stop(Insecure(str(name)))
                return None
            ds = rrset.verify(signed, zone.ring, self._terms)
        except Stop as stop:
            if isinstance(stop.verdict, Bogus) and not certain:
                return None  # nothing here is signed at all: the judge will say so about the answer itself
            raise
        return await self._child(zone, ds, await self.delegation_of(zone, name))

    async def delegation_of(self, zone: Zone, child: dns.name.Name) -> Delegation:
        """Who answers for `child`, as the servers of its parent `zone` say."""
        message = await self._ask(zone.servers, child, dns.rdatatype.NS)
        for section in (message.authority, message.answer):
            for candidate in section:
                if candidate.rdtype == dns.rdatatype.NS and candidate.name == child:
                    onward = read.refer(message, candidate, zone.name)
                    return await self._book.delegation(onward, zone.servers.addresses)
        raise indeterminate(IndeterminateReason.LAME, child)

    async def _ask(
        self, servers: Delegation, name: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> dns.message.Message:
        self._terms.budget.spend_query(name)
        message = await self._source.ask(_rotated(servers.addresses, self._turn), name, rdtype)
        if message is None:
            raise indeterminate(IndeterminateReason.UNREACHABLE, f"{name} {dns.rdatatype.to_text(rdtype)}")
        check_size(message, self._terms.policy)
        return message

    def _nearest(self, name: dns.name.Name) -> tuple[dns.name.Name, tuple[str, ...]]:
        zone = self._cache.deepest(name, self._terms.now)
        return (zone.name, zone.servers.addresses) if zone else (dns.name.root, self._roots.addresses)

    def _secure(self, spans: Sequence[Span], zones: dict[str, None]) -> Secure:
        whole = spans[0]
        for span in spans[1:]:
            whole = whole.meet(span)
        left = int(whole.valid_until - self._terms.now)
        return Secure(whole.valid_from, whole.valid_until, max(0, min(whole.ttl_s, left)), tuple(zones))


def _distinct(evidence: Sequence[rrset.Verified]) -> tuple[rrset.Verified, ...]:
    return tuple({(proven.rrset.name, proven.rrset.rdtype): proven for proven in evidence}.values())


def _rotated(addresses: tuple[str, ...], turn: int) -> tuple[str, ...]:
    first = turn % max(1, len(addresses))
    return addresses[first:] + addresses[:first]


def _speaks_of_ds(message: dns.message.Message) -> bool:
    kinds = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)
    return any(rr.rdtype in kinds for rr in message.authority)


def _is_lame(message: dns.message.Message) -> bool:
    upward = any(rr.rdtype == dns.rdatatype.NS for rr in message.authority)
    return upward and not message.answer and not message.flags & dns.flags.AA
