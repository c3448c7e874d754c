"""What a validating resolver thinks of an answer: signatures under keys that a DS vouches for (RFC 4035 §5).

Guarantees: every signature is really verified, once a day per key set, however often it is asked for.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.dnssec
import dns.exception
from dns.name import Name
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from services.sandbox.dns.answer import Kind, Part
from services.sandbox.dns.authority import Said
from services.sandbox.dns.keys import rdataset

DAY_S = 86_400
KEPT_VERDICTS = 50_000


@dataclass(frozen=True, slots=True)
class Trusted:
    """The keys of `origin` that may sign its RRsets."""

    origin: Name
    keys: Rdataset
    ident: frozenset[bytes] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ident", frozenset(key.to_digestable() for key in self.keys))


class Judge:
    """Verdicts on answers, remembered."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], bool] = OrderedDict()

    def holds(self, said: Said, trusted: Trusted) -> bool:
        """Whether every signed part of an answer verifies, and an absence has its proof."""
        found = said.found
        parts = [part for part in (*found.answer, *found.authority) if part.signed]
        absent = found.kind in (Kind.NO_DATA, Kind.NO_NAME)
        if not parts or (absent and not any(part.data.rdtype == RdataType.NSEC for part in parts)):
            return False
        return all(self._part_holds(part, said.sign(part), trusted) for part in parts)

    def keys(self, said: Said, origin: Name, vouched: Iterable[DS]) -> Trusted | None:
        """The keys in a DNSKEY answer, if one that a DS vouches for signed them (RFC 4035 §5.2)."""
        if said.found.kind is not Kind.POSITIVE:
            return None
        part = said.found.answer[0]
        wanted = {(ds.key_tag, ds.algorithm, ds.digest) for ds in vouched}
        made = [(key, dns.dnssec.make_ds(origin, key, "SHA256")) for key in part.data]
        entry = [key for key, ds in made if (ds.key_tag, ds.algorithm, ds.digest) in wanted]
        if not entry or not self._part_holds(part, said.sign(part), Trusted(origin, rdataset(part.data.ttl, *entry))):
            return None
        return Trusted(origin, part.data)

    def _part_holds(self, part: Part, signatures: Iterable[RRSIG], trusted: Trusted) -> bool:
        return any(self._verifies(part, signature, trusted) for signature in signatures)

    def _verifies(self, part: Part, signature: RRSIG, trusted: Trusted) -> bool:
        now = time.time()
        key = (signature.signature, trusted.origin, trusted.ident, int(now // DAY_S))
        verdict = self._kept.get(key)
        if verdict is None:
            verdict = self._kept[key] = _verify(part, signature, trusted, now)
            if len(self._kept) > KEPT_VERDICTS:
                self._kept.popitem(last=False)
        return verdict


def _verify(part: Part, signature: RRSIG, trusted: Trusted, now: float) -> bool:
    if signature.signer != trusted.origin:
        return False
    try:
        dns.dnssec.validate_rrsig((part.name, part.data), signature, {trusted.origin: trusted.keys}, now=now)
    except dns.exception.DNSException:
        return False
    return True
