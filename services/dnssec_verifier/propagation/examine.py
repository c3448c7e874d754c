"""P1 and P2 together: one look at a published name, from the root to every server that answers for it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import dns.rdatatype

from schemas.facts import Probe
from services.dnssec_verifier.chain.denial import negative_ttl
from services.dnssec_verifier.chain.judge import Missing, Present, judge
from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import Stop
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.chain.zone import Zone
from services.dnssec_verifier.propagation.look import Finding, Nothing, Wanted
from services.dnssec_verifier.propagation.survey import Seen, Surveyor
from services.dnssec_verifier.propagation.trouble import KIND_OF, Kind, Trouble, of_chain


@dataclass(frozen=True, slots=True)
class Sound:
    """P1 and P2 hold since `at` (unix s). `negative_ttl_s`: how long an absence seen before may still be cached."""

    probes: tuple[Probe, ...]
    span: Span
    zones: tuple[str, ...]
    at: float
    negative_ttl_s: int


class MayAsk(Protocol):
    """Which addresses a zone may send us to."""

    def __call__(self, address: str) -> bool:
        """Whether `address` may be asked."""
        ...


@dataclass(frozen=True, slots=True)
class Examiner:
    """Looks at published names with `walker` and `surveyor`. `clock` gives unix seconds."""

    walker: Walker
    surveyor: Surveyor
    may_ask: MayAsk
    clock: Callable[[], float] = time.time

    async def examine(self, wanted: Wanted) -> Sound | Trouble:
        """One look. After trouble nothing is kept, so that the next look starts from the root."""
        result = await self._examine(wanted)
        if isinstance(result, Trouble):
            self.walker.forget(wanted.name)
        return result

    async def _examine(self, wanted: Wanted) -> Sound | Trouble:
        zone = await self.walker.zone_of(wanted.name)
        if not isinstance(zone, Zone):
            return of_chain(zone)
        addresses = [address for address in zone.servers.addresses if self.may_ask(address)]
        seen = await self.surveyor.survey(addresses, wanted, self.clock())
        proven = [_prove(one, wanted, zone, self.walker.terms()) for one in seen]
        if (trouble := find_trouble(one for one, _ in proven)) is not None:
            return trouble
        soa = await self.walker.resolve(zone.name, dns.rdatatype.SOA)
        if not isinstance(soa, Answer) or soa.rrset is None:
            return Trouble(Kind.UNKNOWN, f"the SOA of {zone.name} cannot be proven")
        now = self.clock()
        return Sound(
            probes=tuple(one.probe for one, _ in proven),
            span=_meet(zone.span_at(now), [span for _, span in proven if span is not None]),
            zones=zone.path,
            at=now,
            negative_ttl_s=negative_ttl(soa.rrset.ttl, soa.rrset),
        )


def find_trouble(seen: Iterable[Seen]) -> Trouble | None:
    """The worst of what was seen, None if all is right.

    Addresses this host has no route to (IPv6 on a host without it) are left out, unless nothing else answered.
    """
    reached = [one for one in seen if one.finding is not Finding.UNROUTABLE]
    if not reached:
        return Trouble(Kind.UNKNOWN, "no authoritative address can be reached from here")
    wrong = [one for one in reached if one.finding is not Finding.RIGHT]
    if not wrong:
        return None
    order = (Kind.NOT_PROPAGATED, Kind.FOREIGN, Kind.BOGUS)
    first = min(wrong, key=lambda one: order.index(KIND_OF[one.finding]))
    servers, bad = {one.server for one in reached}, {one.server for one in wrong}
    detail = f"{first.server} ({first.transport}): {first.finding.value}"
    return Trouble(KIND_OF[first.finding], detail, right=len(servers - bad), servers=len(servers))


def _prove(seen: Seen, wanted: Wanted, zone: Zone, terms: Inspection) -> tuple[Seen, Span | None]:
    """P2 for one answer of P1: its own bytes and signatures, under the keys proven from the root."""
    if seen.finding is not Finding.RIGHT or seen.answer is None:
        return seen, None
    try:
        judged = judge(seen.answer, wanted.name, dns.rdatatype.TXT, zone.ring, terms)
    except Stop:
        return replace(seen, finding=Finding.BOGUS), None
    # No payment record among other texts is proven by those; none at all by the denial.
    if isinstance(judged, Present) or (isinstance(judged, Missing) and isinstance(wanted, Nothing)):
        return seen, judged.span
    return replace(seen, finding=Finding.ABSENT), None


def _meet(span: Span, others: Iterable[Span]) -> Span:
    for other in others:
        span = span.meet(other)
    return span
