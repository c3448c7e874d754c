"""Signatures made when asked for, well or spoilt.

Guarantees: the same RRset is signed once a day by the same key, not once a query.
"""

import enum
from collections import OrderedDict
from typing import cast

import dns.dnssec
from dns.name import Name
from dns.rdataset import Rdataset
from dns.rdtypes.ANY.RRSIG import RRSIG

from services.sandbox.dns.keys import SigningKey
from services.sandbox.dns.signing import Signing

DAY_S = 86_400
KEPT_SIGNATURES = 50_000


class Sealing(enum.Enum):
    """How an authoritative server signs what it serves."""

    GOOD = "good"
    BOGUS = "bogus"
    EXPIRED = "expired"


class Signatures:
    """RRSIGs made on demand and kept until the next day (RFC 4034 §3)."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], tuple[RRSIG, ...]] = OrderedDict()

    def sign(self, signing: Signing, name: Name, data: Rdataset, sealing: Sealing, now: float) -> tuple[RRSIG, ...]:
        """The signatures of `data` at `name`, good from yesterday for a week (`now`: seconds since 1970), or spoilt."""
        day = int(now // DAY_S)
        key = (signing, name, data.rdtype, data.ttl, frozenset(data), sealing, day)
        signatures = self._kept.get(key)
        if signatures is None:
            signers = signing.signers(data.rdtype)
            signatures = tuple(_make(signing.origin, signer, name, data, sealing, day) for signer in signers)
            self._kept[key] = signatures
            if len(self._kept) > KEPT_SIGNATURES:
                self._kept.popitem(last=False)
        return signatures


def _make(origin: Name, key: SigningKey, name: Name, data: Rdataset, sealing: Sealing, day: int) -> RRSIG:
    first, last = (day - 9, day - 2) if sealing is Sealing.EXPIRED else (day - 1, day + 7)
    signature = dns.dnssec.sign(
        (name, data), key.private, origin, key.dnskey, inception=first * DAY_S, expiration=last * DAY_S
    )
    if sealing is Sealing.BOGUS:
        spoilt = bytes([signature.signature[0] ^ 1]) + signature.signature[1:]
        return cast(RRSIG, signature.replace(signature=spoilt))
    return signature
