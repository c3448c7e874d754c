"""Zone keys from DNSKEY bytes. Making one costs as much as a signature check, so those seen lately are kept."""

import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from services.dnssec_verifier.chain.keys import ZoneKey, zone_key
from services.dnssec_verifier.chain.policy import SHA1, Policy
from services.dnssec_verifier.proof.records import Wire

_DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}


@dataclass(frozen=True, slots=True)
class Delegated:
    """A DS, its fields read."""

    tag: int
    algorithm: int
    digest_type: int
    digest: bytes


class KeyShelf:
    """At most `size` keys by the bytes of their DNSKEY; None for one that may not sign under `policy`."""

    def __init__(self, policy: Policy, size: int = 4096) -> None:
        self._policy, self._size = policy, size
        self._kept: OrderedDict[bytes, ZoneKey | None] = OrderedDict()

    def key(self, rdata: bytes) -> ZoneKey | None:
        """The key in a DNSKEY's `rdata`, if it may sign for its zone."""
        try:
            self._kept.move_to_end(rdata)
            return self._kept[rdata]
        except KeyError:
            made = self._kept[rdata] = self._make(rdata)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return made

    def _make(self, rdata: bytes) -> ZoneKey | None:
        try:
            record = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.DNSKEY, rdata, 0, len(rdata))
        except (dns.exception.DNSException, ValueError):
            return None
        return zone_key(record, self._policy) if isinstance(record, DNSKEY) else None


def tag_of(rdata: bytes) -> int:
    """The key tag of a DNSKEY's `rdata` (RFC 4034 §B)."""
    total = (sum(rdata[::2]) << 8) + sum(rdata[1::2])
    return (total + (total >> 16)) & 0xFFFF


def delegated(rdata: bytes) -> Delegated | None:
    """The DS in `rdata`; None if it is cut short."""
    if len(rdata) < 5:
        return None
    return Delegated(int.from_bytes(rdata[:2], "big"), rdata[2], rdata[3], rdata[4:])


def usable(records: list[Delegated], policy: Policy) -> list[Delegated]:
    """The DS that may vouch for a key: SHA-1 only where there is nothing better (RFC 4509 §3, BIP 353)."""
    known = [ds for ds in records if ds.algorithm in policy.algorithms]
    return [ds for ds in known if ds.digest_type in policy.digests] or [ds for ds in known if ds.digest_type == SHA1]


def names(ds: Delegated, zone: Wire, rdata: bytes, key: ZoneKey) -> bool:
    """Whether `ds` of `zone` is the digest of `key`, whose DNSKEY is `rdata` (RFC 4034 §5.1.4)."""
    digest = _DIGESTS.get(ds.digest_type)
    if digest is None or ds.tag != key.tag or ds.algorithm != key.record.algorithm:
        return False
    return hmac.compare_digest(digest(zone + rdata).digest(), ds.digest)
