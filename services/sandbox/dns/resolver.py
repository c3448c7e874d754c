"""A resolver that stays behind: it answers from what was true a while ago and remembers what did not exist.

Guarantees: a name asked for too early stays absent for the whole negative TTL (RFC 2308), as at real resolvers; every
question is on record with its time, so that a test can tell who asked when.
"""

import time
from collections import deque
from dataclasses import dataclass, field, replace

import dns.flags
import dns.message
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from services.sandbox.dns.answer import Answer, Kind, Part, answer
from services.sandbox.dns.faults import UNUSABLE, Faults
from services.sandbox.dns.keys import Sealing
from services.sandbox.dns.universe import Universe
from services.sandbox.dns.wire import Question, Refusal, blank, fill, read_question, to_wire
from services.sandbox.dns.zone import Zone

MAX_ALIASES = 8
KEPT_QUERIES = 20_000
KEPT_DENIALS = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a resolver, `at` seconds since 1970."""

    resolver: str
    name: str
    rdtype: str
    at: float


@dataclass(slots=True)
class Habits:
    """What all resolvers share: how far behind they are (seconds) and what they were asked."""

    lag_s: float
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=KEPT_QUERIES))


@dataclass(frozen=True, slots=True)
class Denial:
    """A remembered absence, good until `until` (monotonic seconds)."""

    found: Answer
    zone: Zone
    until: float


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and the zone whose keys sign it."""

    found: Answer
    zone: Zone


class Resolver:
    """The resolver at `address` (`ip:port`)."""

    def __init__(self, universe: Universe, faults: Faults, habits: Habits, address: str) -> None:
        self.address = address
        self._universe = universe
        self._faults = faults
        self._habits = habits
        self._denials: dict[tuple[Name, RdataType | None], Denial] = {}

    def refuses_tcp(self) -> bool:
        """Never."""
        return False

    def forget(self) -> None:
        """Drop the negative cache."""
        self._denials.clear()

    def respond(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to one message, or `None` to stay silent."""
        question = read_question(wire)
        if question is None:
            return None
        if isinstance(question, Refusal):
            return question.wire
        asked = Asked(self.address, question.name.to_text().lower(), RdataType.to_text(question.rdtype), time.time())
        self._habits.asked.append(asked)
        return to_wire(self._resolve(question), question, tcp=tcp)

    def _resolve(self, question: Question) -> dns.message.Message:
        chain = self._follow(question.name, question.rdtype)
        if chain is None:
            return _recursive(question, Rcode.SERVFAIL)
        last = chain[-1].found
        response = _recursive(question, last.rcode(proves_by_nsec=question.proves_by_nsec))
        for link in chain:
            fill(response, question, link.found, lambda part, zone=link.zone: self._sign(zone, part))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        wants_ad = question.dnssec or bool(question.message.flags & dns.flags.AD)
        if wants_ad and not question.message.flags & dns.flags.CD:
            response.flags |= dns.flags.AD
        return response

    def _follow(self, name: Name, rdtype: RdataType) -> list[Found] | None:
        """The answer with the aliases on the way to it; `None` when no resolver could get one."""
        chain: list[Found] = []
        for _ in range(MAX_ALIASES):
            link = self._ask(name, rdtype)
            if link is None or link.found.kind in (Kind.REFERRAL, Kind.REFUSED):
                return None
            chain.append(link)
            if link.found.kind is not Kind.ALIAS:
                return chain
            name = link.found.answer[0].data[0].target
        return None

    def _ask(self, name: Name, rdtype: RdataType) -> Found | None:
        now = time.monotonic()
        known = self._denials.get((name, None)) or self._denials.get((name, rdtype))
        if known is not None and now < known.until:
            return Found(_aged(known.found, int(known.until - now) + 1), known.zone)
        zone = self._universe.zone_for(name, rdtype, self._universe.zones)
        if zone is None or not self._reachable(zone):
            return None
        view = self._universe.view(zone, zone.serial_at(now - self._habits.lag_s))
        found = answer(view, name, rdtype)
        self._remember(name, rdtype, Denial(found, zone, now + view.negative_ttl))
        return Found(found, zone)

    def _remember(self, name: Name, rdtype: RdataType, denial: Denial) -> None:
        if denial.found.kind in (Kind.NO_NAME, Kind.NO_DATA):
            scope = None if denial.found.kind is Kind.NO_NAME else rdtype
            self._denials[name, scope] = denial
            if len(self._denials) > KEPT_DENIALS:
                self._denials.pop(next(iter(self._denials)))

    def _reachable(self, zone: Zone) -> bool:
        """Whether at least one server on the way down to `zone` gives usable answers, for every zone of the way."""
        way = [origin for origin in self._universe.zones if zone.origin.is_subdomain(origin)]
        return all(
            any(not self._faults.of(address) & UNUSABLE for address in self._universe.addresses[origin])
            for origin in way
        )

    def _sign(self, zone: Zone, part: Part) -> dns.rdtypes.ANY.RRSIG.RRSIG | None:
        keys = self._universe.keys[zone.origin]
        return self._universe.signatures.sign(keys, part.name, part.data, Sealing.GOOD, time.time())


def _recursive(question: Question, rcode: Rcode) -> dns.message.Message:
    response = blank(question, rcode)
    response.flags |= dns.flags.RA | (question.message.flags & dns.flags.CD)
    return response


def _aged(found: Answer, ttl: int) -> Answer:
    """`found` with its TTLs cut down to `ttl` seconds."""
    return replace(found, authority=tuple(replace(part, ttl_left=ttl) for part in found.authority))
