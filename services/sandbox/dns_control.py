"""The control interface's part for DNS: faults, records, how zones are signed, times.

Guarantees: a body with an unknown field or value changes nothing and raises ValueError with the reason.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

import dns.exception
import dns.name
import msgspec
from msgspec import Meta

from schemas.base import Wire
from services.sandbox.dns.parent import Registry
from services.sandbox.dns.universe import Times
from services.sandbox.dns.world import DnsWorld
from services.sandbox.state import Announced, HandRecord, StoredKsk, StoredZone

B = TypeVar("B", bound=msgspec.Struct)
V = TypeVar("V")
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Ttl = Annotated[int, Meta(ge=0, le=86_400)]


class DnsFaults(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly these `faults` at each of `addresses` (empty: at all)."""

    faults: tuple[str, ...]
    addresses: tuple[str, ...] = ()


class NameAndType(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records by hand to take away."""

    name: str
    type: str


class DnsRecords(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records by hand to add and to take away (first)."""

    add: tuple[HandRecord, ...] = ()
    remove: tuple[NameAndType, ...] = ()


class NewZone(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unsigned zone right below `test.`."""

    zone: str


class KskWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key-signing key that stays, known by its key tag."""

    key_tag: int
    signs: bool = True
    announced: bool = True


class SigningWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a zone is signed from now on; what is absent stays.

    `ksks`: exactly these stay. `add_ksk`: a new key, which signs at once and is announced if that is said.
    """

    zone: str
    signed: bool | None = None
    announced: Announced | None = None
    ttl_s: Ttl | None = None
    ksks: tuple[KskWish, ...] | None = None
    add_ksk: bool = False
    announce_new: bool = False


class Rolling(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A zone that is to roll its key-signing key by itself."""

    zone: str


class ParentWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the registry of `test.` behaves; what is absent stays. `cds_bootstrap_after_s` null: never."""

    cds_period_s: Seconds | None = None
    cds_bootstrap_after_s: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    ds_ttl_s: Ttl | None = None


class DnsTimes(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Times to change; what is absent stays."""

    resolver_lag_s: Seconds | None = None
    resolver_caches: bool | None = None
    bad_key_hold_s: Seconds | None = None
    secondary_lag_s: Seconds | None = None
    negative_ttl_s: Ttl | None = None
    soa_ttl_s: Ttl | None = None
    infrastructure_ttl_s: Ttl | None = None


class DnsControl:
    """What can be asked of the sandbox's DNS."""

    def __init__(self, dns: DnsWorld) -> None:
        self._dns = dns

    def posts(self) -> dict[str, Callable[[bytes], None]]:
        """Handlers by path."""
        return {
            "/control/dns/faults": self._faults,
            "/control/dns/records": self._records,
            "/control/dns/zones": self._new_zone,
            "/control/dns/signing": self._signing,
            "/control/dns/roll": self._roll,
            "/control/dns/parent": self._parent,
            "/control/dns/times": self._times,
        }

    def state(self) -> dict[str, object]:
        """What there is and what happened."""
        dns = self._dns
        return {
            "serials": dns.universe.serials(),
            "txt": dns.texts(),
            "zones": dns.children.table(),
            "parentSaid": dns.parent.said,
            "faults": dns.faults.table(),
            "resolverLagS": dns.habits.lag_s,
            "negativeTtlS": dns.universe.times.negative_ttl,
            "authorities": {address: dict(authority.asked) for address, authority in dns.authorities.items()},
            "resolverQueries": [msgspec.to_builtins(asked) for asked in dns.habits.asked],
        }

    def set_times(self, wish: DnsTimes) -> None:
        """Change times while everything runs."""
        habits, now = self._dns.habits, self._dns.universe.times
        habits.lag_s = _given(wish.resolver_lag_s, habits.lag_s)
        habits.caches = _given(wish.resolver_caches, habits.caches)
        habits.bad_key_hold_s = _given(wish.bad_key_hold_s, habits.bad_key_hold_s)
        wanted = Times(
            _given(wish.negative_ttl_s, now.negative_ttl),
            _given(wish.soa_ttl_s, now.soa_ttl),
            _given(wish.infrastructure_ttl_s, now.infrastructure_ttl),
            _given(wish.secondary_lag_s, now.secondary_lag),
        )
        if wanted != now:
            self._dns.universe.set_times(wanted)

    def _faults(self, body: bytes) -> None:
        wish = read(body, DnsFaults)
        self._dns.set_fault(wish.addresses or self._dns.universe.all_addresses(), wish.faults)

    def _records(self, body: bytes) -> None:
        wish = read(body, DnsRecords)
        self._dns.hand.put(wish.add, [(place.name, place.type) for place in wish.remove])

    def _new_zone(self, body: bytes) -> None:
        self._dns.children.new(_origin(read(body, NewZone).zone))

    def _times(self, body: bytes) -> None:
        self.set_times(read(body, DnsTimes))

    def _signing(self, body: bytes) -> None:
        wish, children = read(body, SigningWish), self._dns.children
        origin = _origin(wish.zone)
        stored = children.get(origin)
        if wish.ksks is not None:
            stored = msgspec.structs.replace(stored, ksks=self._kept(origin, stored, wish.ksks))
        if wish.add_ksk:
            stored = children.with_new_ksk(stored, announced=wish.announce_new)
        wanted = msgspec.structs.replace(
            stored,
            signed=_given(wish.signed, stored.signed),
            announced=_given(wish.announced, stored.announced),
            ttl_s=_given(wish.ttl_s, stored.ttl_s),
            roll=None,
        )
        children.put(origin, wanted)

    def _roll(self, body: bytes) -> None:
        self._dns.roller.begin(_origin(read(body, Rolling).zone))

    def _parent(self, body: bytes) -> None:
        wish, now = read(body, ParentWish), self._dns.parent.registry
        after = wish.cds_bootstrap_after_s
        self._dns.parent.change(
            Registry(
                _given(wish.cds_period_s, now.cds_period),
                now.bootstrap_after if isinstance(after, msgspec.UnsetType) else after,
                _given(wish.ds_ttl_s, now.ds_ttl),
            )
        )

    def _kept(self, origin: dns.name.Name, stored: StoredZone, wishes: tuple[KskWish, ...]) -> tuple[StoredKsk, ...]:
        by_tag = {self._dns.children.tag(origin, ksk): ksk for ksk in stored.ksks}
        if unknown := {wish.key_tag for wish in wishes} - set(by_tag):
            raise ValueError(f"{origin} has no key {', '.join(map(str, sorted(unknown)))}")
        return tuple(
            msgspec.structs.replace(by_tag[wish.key_tag], signs=wish.signs, announced=wish.announced) for wish in wishes
        )


def read(body: bytes, kind: type[B]) -> B:
    """The wish in `body`; raises ValueError (msgspec's errors are)."""
    return msgspec.json.decode(body or b"{}", type=kind)


def _origin(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text.lower())
    except dns.exception.DNSException as error:
        raise ValueError(f"not a zone: {type(error).__name__}") from error


def _given(wanted: V | None, now: V) -> V:
    return now if wanted is None else wanted
