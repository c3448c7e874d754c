"""One zone with its past: every change makes a new serial, and the zone can be read as of any recent serial.

Guarantees: a view never changes once taken, and is signed as the zone was signed then; one call to `change` is one
serial, whatever it holds.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dns.name import Name
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType

from services.sandbox.dns.signing import Signing

Node = Mapping[RdataType, Rdataset]
"""The RRsets at one name."""

KEPT_VERSIONS = 32
KEPT_CHANGES = 20_000
KEPT_SIGNINGS = 256
NOTHING: Node = {}


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands at `name` for `rdtype` from now on; `None` removes it."""

    name: Name
    rdtype: RdataType
    rdataset: Rdataset | None


@dataclass(slots=True)
class Zone:
    """The records of `origin`. `serial` is the newest SOA serial; times are seconds of the caller's monotonic clock."""

    origin: Name
    serial: int
    _versions: dict[Name, list[tuple[int, Node]]] = field(default_factory=dict)
    _below: dict[Name, set[Name]] = field(default_factory=lambda: defaultdict(set))
    _changes: list[tuple[float, int]] = field(default_factory=list)
    _signings: list[tuple[int, Signing | None]] = field(default_factory=list)

    def change(self, edits: Iterable[Edit], now: float) -> int:
        """Apply `edits` as one new version at `now`; returns its serial."""
        self.serial += 1
        for edit in edits:
            self._apply(edit)
        return self._changed(now)

    def sign(self, signing: Signing | None, now: float) -> int:
        """From `now` on the zone is signed like this (`None`: not at all); returns the serial from which it is."""
        self.serial += 1
        self._signings.append((self.serial, signing))
        del self._signings[:-KEPT_SIGNINGS]
        return self._changed(now)

    def _changed(self, now: float) -> int:
        self._changes.append((now, self.serial))
        if len(self._changes) > KEPT_CHANGES:
            del self._changes[: KEPT_CHANGES // 2]
        return self.serial

    def _apply(self, edit: Edit) -> None:
        versions = self._versions.setdefault(edit.name, [])
        node = dict(versions[-1][1]) if versions else {}
        node.pop(edit.rdtype, None)
        if edit.rdataset is not None:
            node[edit.rdtype] = edit.rdataset
        if versions and versions[-1][0] == self.serial:
            versions.pop()
        versions.append((self.serial, node))
        del versions[:-KEPT_VERSIONS]
        self._remember_ancestors(edit.name)

    def _remember_ancestors(self, name: Name) -> None:
        ancestor = name
        while ancestor != self.origin:
            ancestor = ancestor.parent()
            self._below[ancestor].add(name)

    def serial_at(self, moment: float) -> int:
        """The serial that was served at `moment`; the first one known if `moment` is before all of them."""
        index = bisect_right(self._changes, (moment, 1 << 62)) - 1
        return self._changes[max(index, 0)][1] if self._changes else self.serial

    def node(self, name: Name, serial: int) -> Node:
        """The RRsets at `name` as of `serial`."""
        versions = self._versions.get(name, ())
        for made, node in reversed(versions):
            if made <= serial:
                return node
        return NOTHING

    def signing(self, serial: int) -> Signing | None:
        """How the zone is signed as of `serial`; `None`: it is not."""
        return next((signing for made, signing in reversed(self._signings) if made <= serial), None)

    def is_ancestor(self, name: Name, serial: int) -> bool:
        """Whether something exists below `name` as of `serial` (so `name` is at least an empty non-terminal)."""
        return any(self.node(below, serial) for below in self._below.get(name, ()))

    def names(self) -> list[Name]:
        """Names that hold something now."""
        return [name for name, versions in self._versions.items() if versions[-1][1]]


@dataclass(frozen=True, slots=True)
class View:
    """A zone as of one serial, and how it is signed. `soa_ttl` and `negative_ttl` in seconds."""

    zone: Zone
    serial: int
    signing: Signing | None
    negative_ttl: int
    soa_ttl: int

    @property
    def origin(self) -> Name:
        """The zone's apex."""
        return self.zone.origin

    def node(self, name: Name) -> Node:
        """The RRsets at `name`."""
        stored = self.zone.node(name, self.serial)
        return stored if self.signing is None or name != self.origin else {**stored, **self.signing.apex}

    def exists(self, name: Name) -> bool:
        """Whether `name` holds records or stands above some (RFC 4592 §2.2.2, empty non-terminal)."""
        return bool(self.node(name)) or self.zone.is_ancestor(name, self.serial)

    def delegation(self, name: Name, rdtype: RdataType) -> Name | None:
        """The highest zone cut at or above `name`; a DS question at the cut itself belongs to this side of it."""
        depth = len(self.origin)
        for labels in range(depth + 1, len(name) + 1):
            candidate = Name(name.labels[-labels:])
            at_cut = candidate == name and rdtype == RdataType.DS
            if RdataType.NS in self.node(candidate) and not at_cut:
                return candidate
        return None
