"""Does a proof hold: the TXT records of a name, proven from the anchors through every alias, or the reason why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DS import DS as RR_DS
from dns.rdtypes.ANY.NSEC import NSEC as RR_NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3 as RR_NSEC3

from services.dnssec_verifier.chain import nsec, nsec3
from services.dnssec_verifier.chain.denial import hashed
from services.dnssec_verifier.chain.policy import Inspection, Policy, inspection
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import BogusReason, Failure, Insecure, Secure, Stop, bogus
from services.dnssec_verifier.proof.chain import Chain, Keys
from services.dnssec_verifier.proof.keys import Delegated, KeyShelf
from services.dnssec_verifier.proof.records import (
    CNAME,
    DNAME,
    NSEC,
    NSEC3,
    TXT,
    NotAProof,
    Records,
    RecordSet,
    Wire,
    is_under,
    name_at,
    parent_of,
    read,
    text_of,
)


@dataclass(frozen=True, slots=True)
class Holds:
    """The proof holds. `texts`: every TXT record of the name, its strings joined; `verdict`: window and cache bound."""

    texts: tuple[bytes, ...]
    verdict: Secure


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The bytes are no proof at all; `detail` says why."""

    detail: str


Result = Holds | Unreadable | Failure


class ProofVerifier:
    """Verifies proofs against `anchors`. Keys are kept between proofs, verdicts never are."""

    def __init__(self, anchors: Sequence[RR_DS], policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self._anchors = [Delegated(ds.key_tag, ds.algorithm, ds.digest_type, ds.digest) for ds in anchors]
        self._shelf = KeyShelf(self._policy)

    def verify(self, proof: bytes, name: dns.name.Name, now: float) -> Result:
        """What `proof` proves about the TXT records of `name` at `now` (unix seconds). Never raises."""
        terms = inspection(now, self._policy)
        try:
            records = read(proof, self._policy)
            return _resolve(Chain(records, self._anchors, self._shelf, terms), name.to_digestable(), terms)
        except NotAProof as problem:
            return Unreadable(str(problem))
        except Stop as stop:
            return stop.verdict


def _resolve(chain: Chain, name: Wire, terms: Inspection) -> Result:
    spans: list[Span] = []
    path: dict[str, None] = {}
    seen = {name}
    while True:
        keys = chain.keys_for(name)
        spans.append(keys.span)
        path.update(dict.fromkeys(keys.path))
        texts = chain.records.get((name, TXT))
        if texts is not None:
            spans += _proven(chain, texts, keys)
            return Holds(tuple(_joined(rdata, name) for rdata in texts.rdatas), _secure(spans, path, terms))
        name = _follow(chain, name, keys, spans)
        if name in seen or len(seen) > terms.policy.aliases:
            raise bogus(BogusReason.ALIAS_LOOP, text_of(name))
        seen.add(name)


def _follow(chain: Chain, name: Wire, keys: Keys, spans: list[Span]) -> Wire:
    """Where `name` leads: a DNAME above it, or its CNAME; raises Stop if the proof says nothing about it."""
    for above in _above(name, keys.zone):
        records = chain.records.get((above, DNAME))
        if records is not None:
            spans.append(chain.prove(records, keys).span)
            return _moved(name, above, _only(records))
    records = chain.records.get((name, CNAME))
    if records is None:
        raise bogus(BogusReason.ANSWER_MISSING, text_of(name))
    spans += _proven(chain, records, keys)
    return _only(records)


def _proven(chain: Chain, records: RecordSet, keys: Keys) -> list[Span]:
    proven = chain.prove(records, keys, wildcard=True)
    if proven.next_closer is None:
        return [proven.span]
    return [proven.span, *_expansion(chain, proven.next_closer, keys)]


def _expansion(chain: Chain, next_closer: Wire, keys: Keys) -> list[Span]:
    """The spans of a proof that nothing stands closer than the wildcard (RFC 4035 §5.3.4, RFC 5155 §8.8)."""
    name, zone = _name(next_closer), _name(keys.zone)
    gaps, spans = [], []
    for records in _of(chain.records, NSEC, keys):
        spans.append(chain.prove(records, keys).span)
        gaps += [nsec.gap_of(_name(records.name), rr, zone) for rr in _rdatas(records) if isinstance(rr, RR_NSEC)]
    if nsec.proves_expansion(gaps, name):
        return spans
    owned = []
    for records in _of(chain.records, NSEC3, keys):
        if parent_of(records.name) == keys.zone:
            spans.append(chain.prove(records, keys).span)
            owned += [(_name(records.name), rr) for rr in _rdatas(records) if isinstance(rr, RR_NSEC3)]
    match nsec3.proves_expansion(hashed(owned, zone, chain.terms), name):
        case nsec3.Denial.PROVEN:
            return spans
        case nsec3.Denial.OPTED_OUT:
            raise Stop(Insecure(str(name)))
        case nsec3.Denial.UNPROVEN:
            raise bogus(BogusReason.WILDCARD_UNPROVEN, text_of(next_closer))
        case _ as never:
            assert_never(never)


def _of(records: Records, rdtype: int, keys: Keys) -> list[RecordSet]:
    """The sets of `rdtype` that the zone of `keys` itself claims to sign."""
    return [
        found
        for (name, kind), found in records.items()
        if kind == rdtype
        and is_under(name, keys.zone)
        and any(signature.signer == keys.zone for signature in found.signatures)
    ]


def _rdatas(records: RecordSet) -> list[dns.rdata.Rdata]:
    try:
        return [
            dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(records.rdtype), rdata, 0, len(rdata))
            for rdata in records.rdatas
        ]
    except (dns.exception.DNSException, ValueError) as error:
        raise NotAProof(f"{text_of(records.name)} holds a damaged denial") from error


def _secure(spans: Sequence[Span], path: dict[str, None], terms: Inspection) -> Secure:
    whole = spans[0]
    for span in spans[1:]:
        whole = whole.meet(span)
    left = int(whole.valid_until - terms.now)
    return Secure(whole.valid_from, whole.valid_until, max(0, min(whole.ttl_s, left)), tuple(path))


def _joined(rdata: bytes, name: Wire) -> bytes:
    """The character-strings of one TXT record, joined without anything between them (BIP 353)."""
    parts, at = [], 0
    while at < len(rdata):
        end = at + 1 + rdata[at]
        if end > len(rdata):
            raise NotAProof(f"a TXT record of {text_of(name)} is cut short")
        parts.append(rdata[at + 1 : end])
        at = end
    return b"".join(parts)


def _only(records: RecordSet) -> Wire:
    targets = set(records.rdatas)
    if len(targets) != 1:
        raise bogus(BogusReason.ALIAS_INVALID, text_of(records.name))
    return targets.pop()


def _moved(name: Wire, above: Wire, target: Wire) -> Wire:
    try:
        return name_at(name[: -len(above)] + target, 0)[0]
    except NotAProof:
        raise bogus(BogusReason.ALIAS_INVALID, text_of(name)) from None


def _above(name: Wire, zone: Wire) -> list[Wire]:
    found = []
    while name != zone:
        name = parent_of(name)
        found.append(name)
    return found


def _name(wire: Wire) -> dns.name.Name:
    return dns.name.from_wire(wire, 0)[0]
