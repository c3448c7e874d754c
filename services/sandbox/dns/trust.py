"""A resolver's way down from the root: which keys it trusts, and the caches that make it late (RFC 4035 §4.5).

Guarantees: a DS or DNSKEY RRset is held for its TTL and not a second longer, a proven absence for the negative TTL;
so a change made in an unsafe order hurts here for as long as it would in the world.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DS import DS

from services.sandbox.dns.answer import Kind
from services.sandbox.dns.authority import Authority, Said
from services.sandbox.dns.habits import Habits
from services.sandbox.dns.judge import Judge, Trusted
from services.sandbox.dns.universe import ROOT, Universe
from services.sandbox.dns.zone import Zone

KEPT_ANSWERS = 40_000


@dataclass(frozen=True, slots=True)
class Insecure:
    """Proven to have no DS: answers count as they are."""


@dataclass(frozen=True, slots=True)
class Bogus:
    """No keys could be validated: nothing counts."""


Trust = Trusted | Insecure | Bogus


@dataclass(frozen=True, slots=True)
class Heard:
    """An accepted answer, whether it is proven, and until when (monotonic seconds) it may be repeated."""

    said: Said
    secure: bool
    until: float


@dataclass(slots=True)
class Walker:
    """What one resolver knows and asks. `authorities` by address."""

    universe: Universe
    authorities: Mapping[str, Authority]
    habits: Habits
    judge: Judge
    anchors: Sequence[DS]
    _answers: dict[tuple[Name, RdataType | None], Heard] = field(default_factory=dict)
    _keys: dict[Name, tuple[Trusted | Bogus, float]] = field(default_factory=dict)

    def forget(self) -> None:
        """Empty every cache."""
        self._answers.clear()
        self._keys.clear()

    def ask(self, name: Name, rdtype: RdataType) -> Heard | None:
        """The validated answer of a zone's servers, or a remembered one; `None` when no server gave one that counts."""
        now = time.monotonic()
        for scope in (None, rdtype):
            known = self._answers.get((name, scope))
            if known is not None and now < known.until:
                return known
        zone = self._zone(name, rdtype)
        trust = self.trust(zone.origin)
        for said in self._hear(zone, name, rdtype):
            match trust:
                case Insecure():
                    return self._remember(name, rdtype, said, secure=False)
                case Trusted() if self.judge.holds(said, trust):
                    return self._remember(name, rdtype, said, secure=True)
                case _:
                    continue
        return None

    def unchecked(self, name: Name, rdtype: RdataType) -> Said | None:
        """The first answer of a zone's servers, whatever it is worth (CD=1)."""
        return next(self._hear(self._zone(name, rdtype), name, rdtype), None)

    def _zone(self, name: Name, rdtype: RdataType) -> Zone:
        """The zone that answers for `name` to whoever comes down from the root: none that is on hold."""
        zones = self.universe.zones
        delegated = [origin for origin in zones if not self.universe.is_held(origin)]
        return self.universe.zone_for(name, rdtype, delegated) or zones[ROOT]

    def trust(self, origin: Name) -> Trust:
        """The keys of `origin`, from the anchors down."""
        held = self._keys.get(origin)
        if held is not None and time.monotonic() < held[1]:
            return held[0]
        vouched = self.anchors
        if origin != ROOT:
            ds = self._vouched(origin)
            if not isinstance(ds, list):
                return ds
            vouched = ds
        for said in self._hear(self.universe.zones[origin], origin, RdataType.DNSKEY):
            trusted = self.judge.keys(said, origin, vouched)
            if trusted is not None:
                self._keys[origin] = (trusted, time.monotonic() + trusted.keys.ttl)
                return trusted
        self._keys[origin] = (Bogus(), time.monotonic() + self.habits.bad_key_hold_s)
        return Bogus()

    def _vouched(self, origin: Name) -> list[DS] | Insecure | Bogus:
        above = self.trust(self.universe.parent(origin).origin)
        if not isinstance(above, Trusted):
            return above
        heard = self.ask(origin, RdataType.DS)
        if heard is None:
            return Bogus()
        found = heard.said.found
        return list(found.answer[0].data) if found.kind is Kind.POSITIVE else Insecure()

    def _hear(self, zone: Zone, name: Name, rdtype: RdataType) -> Iterator[Said]:
        """What each usable server of `zone` says, in the order of its addresses."""
        for address in self.universe.addresses[zone.origin]:
            authority = self.authorities[address]
            if authority.is_usable():
                said = authority.say(zone, name, rdtype, self.habits.lag_s)
                if said.found.kind not in (Kind.REFERRAL, Kind.REFUSED):
                    yield said

    def _remember(self, name: Name, rdtype: RdataType, said: Said, *, secure: bool) -> Heard:
        found, now = said.found, time.monotonic()
        if found.kind in (Kind.NO_NAME, Kind.NO_DATA):
            scope = None if found.kind is Kind.NO_NAME else rdtype
            heard = Heard(said, secure, now + said.view.negative_ttl)
            self._keep(name, scope, heard)
            return heard
        heard = Heard(said, secure, now + min((part.ttl for part in found.answer), default=0))
        if found.answer and (rdtype in (RdataType.DS, RdataType.DNSKEY) or self.habits.caches):
            self._keep(name, rdtype, heard)
        return heard

    def _keep(self, name: Name, scope: RdataType | None, heard: Heard) -> None:
        self._answers[name, scope] = heard
        if len(self._answers) > KEPT_ANSWERS:
            self._answers.pop(next(iter(self._answers)))
