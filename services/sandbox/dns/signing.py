"""How a zone is signed at one time: its keys, which of them sign, and what it tells its parent (RFC 7344, RFC 8078).

Guarantees: the DNSKEY, CDS and CDNSKEY RRsets of a zone always describe the very keys it signs with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import dns.dnssec
import dns.rdata
from dns.name import Name
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType

from services.sandbox.dns.keys import KSK_FLAGS, ZSK_FLAGS, SigningKey, rdataset, stray_key
from services.sandbox.state import Announced

BY_KSK = frozenset({RdataType.DNSKEY, RdataType.CDS, RdataType.CDNSKEY})
DELETE = {RdataType.CDS: "0 0 0 00", RdataType.CDNSKEY: "0 3 0 AA=="}
"""The forms that ask the parent to remove every DS (RFC 8078 §4)."""


@dataclass(frozen=True, slots=True)
class Ksk:
    """A key-signing key in the DNSKEY RRset; whether it signs, and whether CDS and CDNSKEY ask for its DS."""

    key_id: str
    key: SigningKey
    signs: bool = True
    announced: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Signing:
    """The keys of `origin` and `apex`, the RRsets at the zone's apex that tell of them."""

    origin: Name
    ksks: tuple[Ksk, ...]
    zsk: SigningKey
    apex: Mapping[RdataType, Rdataset]

    def signers(self, rdtype: RdataType) -> tuple[SigningKey, ...]:
        """The keys that sign an RRset of `rdtype`."""
        return tuple(ksk.key for ksk in self.ksks if ksk.signs) if rdtype in BY_KSK else (self.zsk,)


def signing(origin: Name, ksks: Iterable[Ksk], zsk: SigningKey, ttl: int, announced: Announced) -> Signing:
    """A zone signed with these keys; `ttl` (seconds) is that of DNSKEY, CDS and CDNSKEY."""
    keys = tuple(ksks)
    apex = {RdataType.DNSKEY: rdataset(ttl, *(ksk.key.dnskey for ksk in keys), zsk.dnskey)}
    return Signing(origin, keys, zsk, apex | _announcement(origin, keys, ttl, announced))


def foreign(origin: Name, ttl: int) -> Signing:
    """`origin` signed by somebody else: well, but with keys that no DS knows."""
    return signing(origin, [Ksk("foreign", stray_key(KSK_FLAGS))], stray_key(ZSK_FLAGS), ttl, Announced.NOTHING)


def _announcement(origin: Name, ksks: tuple[Ksk, ...], ttl: int, announced: Announced) -> dict[RdataType, Rdataset]:
    match announced:
        case Announced.NOTHING:
            return {}
        case Announced.DELETE:
            deletes = {rdtype: dns.rdata.from_text(RdataClass.IN, rdtype, text) for rdtype, text in DELETE.items()}
            return {rdtype: rdataset(ttl, rdata) for rdtype, rdata in deletes.items()}
        case Announced.KEYS:
            wanted = [ksk.key.dnskey for ksk in ksks if ksk.announced]
            if not wanted:
                return {}
            cds = [dns.dnssec.make_cds(origin, dnskey, "SHA256") for dnskey in wanted]
            texts = [dnskey.to_text() for dnskey in wanted]
            cdnskeys = [dns.rdata.from_text(RdataClass.IN, RdataType.CDNSKEY, text) for text in texts]
            return {RdataType.CDS: rdataset(ttl, *cds), RdataType.CDNSKEY: rdataset(ttl, *cdnskeys)}
