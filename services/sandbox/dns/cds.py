"""What a parent does about a child's CDS and CDNSKEY records: pure (RFC 7344 §4, RFC 8078).

Guarantees: the DS RRset changes only when every address of the child asks for the same change, the asking is signed by
a key that the present DS vouches for, and the child would still validate afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import dns.dnssec
import dns.exception
import dns.rdata
from dns.name import Name
from dns.rdata import Rdata
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CDNSKEY import CDNSKEY
from dns.rdtypes.ANY.CDS import CDS
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from services.sandbox.dns.keys import rdataset

NO_ALGORITHM = 0
SHA256 = 2


@dataclass(frozen=True, slots=True)
class Signed:
    """An RRset at the child's apex as one address serves it, and its signatures."""

    data: Rdataset
    signatures: Rdataset


@dataclass(frozen=True, slots=True)
class Seen:
    """What one address of the child serves; `None`: nothing of that type."""

    cds: Signed | None
    cdnskey: Signed | None
    dnskey: Signed | None


@dataclass(frozen=True, slots=True)
class Keep:
    """The DS RRset stays; why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The DS RRset becomes this; empty: there is none any more."""

    ds: tuple[DS, ...]


def decide(origin: Name, seen: Sequence[Seen | None], now: Sequence[DS], *, bootstrap: bool = False) -> Keep | Replace:
    """What becomes of the DS RRset `now`, given what each address of `origin` serves (`None`: it did not answer).

    `bootstrap`: without any DS, keys that vouch for themselves count (RFC 8078 §3; the caller has waited long enough).
    """
    answers = [each for each in seen if each is not None]
    if len(answers) < len(seen) or not answers:
        return Keep("not every address answers")
    asked = {_asked(each) for each in answers}
    if len(asked) > 1:
        return Keep("the addresses ask for different things")
    records = next(iter(asked))
    if not records:
        return Keep("nothing is asked for")
    if not all(_agrees(origin, each, records) for each in answers):
        return Keep("CDS and CDNSKEY disagree")
    deletes = any(record.algorithm == NO_ALGORITHM for record in records)
    wanted = () if deletes else tuple(_as_ds(record) for record in sorted(records))
    if (deletes and len(records) > 1) or any(ds.digest_type != SHA256 for ds in wanted):
        return Keep("what is asked for cannot be read")
    if not now and (deletes or not bootstrap):
        return Keep("there is no DS to trust the asking by")
    vouched = now or wanted
    if not all(_asks_rightly(origin, each, vouched) for each in answers):
        return Keep("the asking is not signed by a key that the DS vouches for")
    if not deletes and not all(_signed_by(origin, each.dnskey, wanted) for each in answers):
        return Keep("the child would not validate any more")
    return Keep("it is as asked for") if set(wanted) == set(now) else Replace(wanted)


def _asked(seen: Seen) -> frozenset[CDS]:
    return frozenset() if seen.cds is None else frozenset(cast(Iterable[CDS], seen.cds.data))


def _as_ds(cds: CDS) -> DS:
    return cast(DS, dns.rdata.from_text(RdataClass.IN, RdataType.DS, cds.to_text()))


def _agrees(origin: Name, seen: Seen, records: frozenset[CDS]) -> bool:
    """Whether CDNSKEY, where there is one, asks for the same as CDS (RFC 7344 §4)."""
    if seen.cdnskey is None:
        return True
    keys = list(cast(Iterable[CDNSKEY], seen.cdnskey.data))
    if any(key.algorithm == NO_ALGORITHM for key in keys):
        return all(record.algorithm == NO_ALGORITHM for record in records)
    return {dns.dnssec.make_cds(origin, key, "SHA256") for key in keys} == records


def _asks_rightly(origin: Name, seen: Seen, vouched: Iterable[DS]) -> bool:
    """Whether a vouched key signed DNSKEY, and such a key signed the CDS too (RFC 7344 §4.1)."""
    return _signed_by(origin, seen.dnskey, vouched) and _signed_by(origin, seen.cds, vouched, seen.dnskey)


def _signed_by(origin: Name, signed: Signed | None, vouched: Iterable[DS], among: Signed | None = None) -> bool:
    """Whether a key that is `among` the DNSKEYs (default: `signed` itself) and in `vouched` signed."""
    dnskeys = among or signed
    if signed is None or dnskeys is None:
        return False
    known = set(vouched)
    keys = [key for key in dnskeys.data if dns.dnssec.make_ds(origin, key, "SHA256") in known]
    return bool(keys) and any(
        _verifies(origin, signed.data, signature, keys) for signature in cast(Iterable[RRSIG], signed.signatures)
    )


def _verifies(origin: Name, data: Rdataset, signature: RRSIG, keys: list[Rdata]) -> bool:
    try:
        dns.dnssec.validate_rrsig((origin, data), signature, {origin: rdataset(0, *keys)})
    except dns.exception.DNSException:
        return False
    return True
