"""Trust inside a proof: from the anchors to the keys of a zone, and from those to an RRset (RFC 4035 §5)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.dnssec_verifier.chain.keys import ZoneKey, is_crowd
from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.span import Span, absolute
from services.dnssec_verifier.chain.verdict import BogusReason, bogus, most_telling
from services.dnssec_verifier.proof.keys import Delegated, KeyShelf, delegated, names, tag_of, usable
from services.dnssec_verifier.proof.records import (
    DNSKEY,
    DS,
    Records,
    RecordSet,
    Signature,
    Wire,
    is_under,
    labels_of,
    parent_of,
    text_of,
)

ROOT: Wire = b"\x00"
_WILD = b"\x01*"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that may sign for `zone`, and how long that is proven."""

    zone: Wire
    keys: tuple[ZoneKey, ...]
    span: Span
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """An RRset whose signature holds; `next_closer` is set if it came from a wildcard, and must be proven absent."""

    records: RecordSet
    span: Span
    next_closer: Wire | None


@dataclass(slots=True)
class Chain:
    """The chain of one proof under `terms`; zones proven once are kept for its other names. Raises Stop."""

    records: Records
    anchors: Sequence[Delegated]
    shelf: KeyShelf
    terms: Inspection
    _zones: dict[Wire, Keys] = field(default_factory=dict)

    def keys_for(self, name: Wire) -> Keys:
        """The keys of the deepest zone that this proof holds a DS for on the way to `name`."""
        zone = self._root()
        for child in _between(name):
            if (child, DS) in self.records:
                zone = self._child(zone, child)
        return zone

    def prove(self, records: RecordSet, keys: Keys, *, wildcard: bool = False) -> Proven:
        """`records` signed by one of `keys`; unless `wildcard`, a signature made for a wildcard is refused."""
        where = _where(records)
        if not records.signatures:
            raise bogus(BogusReason.SIGNATURE_MISSING, where)
        if len(records.signatures) > self.terms.policy.signatures_per_rrset:
            raise bogus(BogusReason.TOO_MANY_SIGNATURES, where)
        owner_labels = labels_of(records.name) - (1 if records.name.startswith(_WILD) else 0)
        reasons = []
        for signature in records.signatures:
            problem = self._unfit(records, signature, keys, owner_labels) or self._check(records, signature, keys)
            if problem is None:
                return self._proven(records, signature, owner_labels, wildcard=wildcard)
            reasons.append(problem)
        raise bogus(most_telling(reasons), where)

    def _root(self) -> Keys:
        known = self._zones.get(ROOT)
        if known is None:
            known = self._zones[ROOT] = self._zone(ROOT, list(self.anchors), None)
        return known

    def _child(self, parent: Keys, child: Wire) -> Keys:
        known = self._zones.get(child)
        if known is None:
            proven = self.prove(self.records[child, DS], parent)
            ds_set = [ds for rdata in proven.records.rdatas if (ds := delegated(rdata)) is not None]
            whole = Keys(parent.zone, parent.keys, parent.span.meet(proven.span), parent.path)
            known = self._zones[child] = self._zone(child, ds_set, whole)
        return known

    def _zone(self, zone: Wire, ds_set: list[Delegated], parent: Keys | None) -> Keys:
        records = self.records.get((zone, DNSKEY))
        if records is None:
            raise bogus(BogusReason.DNSKEY_MISSING, text_of(zone))
        vouching = usable(ds_set, self.terms.policy)
        pairs = [(rdata, key) for rdata in records.rdatas if (key := self.shelf.key(rdata)) is not None]
        if is_crowd([tag_of(rdata) for rdata in records.rdatas], self.terms.policy):
            raise bogus(BogusReason.TOO_MANY_KEYS, text_of(zone))
        entry = tuple(key for rdata, key in pairs if any(names(ds, zone, rdata, key) for ds in vouching))
        if not entry:
            raise bogus(BogusReason.DS_MISMATCH, text_of(zone))
        span = self.prove(records, Keys(zone, entry, _ALWAYS, ())).span
        path = (*parent.path, text_of(zone)) if parent else (".",)
        return Keys(zone, tuple(key for _, key in pairs), parent.span.meet(span) if parent else span, path)

    def _unfit(self, records: RecordSet, signature: Signature, keys: Keys, owner_labels: int) -> BogusReason | None:
        now, policy = self.terms.now, self.terms.policy
        if signature.signer != keys.zone or not is_under(records.name, keys.zone):
            return BogusReason.SIGNER_WRONG
        if signature.algorithm not in policy.algorithms:
            return BogusReason.ALGORITHM_REFUSED
        if not labels_of(keys.zone) <= signature.labels <= owner_labels:
            return BogusReason.LABELS_WRONG
        inception, expiration = absolute(signature.inception, now), absolute(signature.expiration, now)
        if expiration < inception or now > expiration + policy.skew_s:
            return BogusReason.SIGNATURE_EXPIRED
        return BogusReason.SIGNATURE_NOT_YET_VALID if now < inception - policy.skew_s else None

    def _check(self, records: RecordSet, signature: Signature, keys: Keys) -> BogusReason | None:
        fitting = [
            key for key in keys.keys if key.tag == signature.key_tag and key.record.algorithm == signature.algorithm
        ]
        if not fitting:
            return BogusReason.KEY_UNKNOWN
        data = signed_data(records, signature)
        for key in fitting:
            self.terms.budget.spend_check(_where(records))
            if key.signed(signature.signature, data):
                return None
        return BogusReason.SIGNATURE_WRONG

    def _proven(self, records: RecordSet, signature: Signature, owner_labels: int, *, wildcard: bool) -> Proven:
        now = self.terms.now
        span = Span(
            absolute(signature.inception, now),
            absolute(signature.expiration, now),
            min(records.ttl, signature.original_ttl),
        )
        if signature.labels == owner_labels:
            return Proven(records, span, None)
        if not wildcard:
            raise bogus(BogusReason.WILDCARD_FORBIDDEN, _where(records))
        return Proven(records, span, _last(records.name, signature.labels + 1))


def signed_data(records: RecordSet, signature: Signature) -> bytes:
    """The bytes an RRSIG covers: its own fields, then the RRset in canonical form and order (RFC 4034 §3.1.8.1, §6)."""
    owner = records.name
    if signature.labels < labels_of(owner):
        owner = _WILD + _last(owner, signature.labels)
    fixed = owner + struct.pack("!HHI", records.rdtype, 1, signature.original_ttl)
    parts = [signature.head]
    for rdata in sorted(set(records.rdatas)):
        parts += (fixed, len(rdata).to_bytes(2, "big"), rdata)
    return b"".join(parts)


_ALWAYS = Span(0, 1 << 62, 1 << 31)


def _between(name: Wire) -> list[Wire]:
    """`name` and its ancestors below the root, the shortest first."""
    found = []
    while name != ROOT:
        found.append(name)
        name = parent_of(name)
    return found[::-1]


def _last(name: Wire, labels: int) -> Wire:
    for _ in range(labels_of(name) - labels):
        name = parent_of(name)
    return name


def _where(records: RecordSet) -> str:
    return f"{text_of(records.name)} {_TYPES.get(records.rdtype, records.rdtype)}"


_TYPES = {5: "CNAME", 16: "TXT", 39: "DNAME", 43: "DS", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3"}
