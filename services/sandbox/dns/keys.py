"""Zone keys (P-256) on disk, and signatures made when asked for.

Guarantees: a zone keeps its keys across restarts, so trust anchors stay good; a private key never shows in a `repr`;
the same RRset is signed once a day, not once a query.
"""

import enum
import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import dns.dnssec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from dns.name import Name
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

ALGORITHM = "ECDSAP256SHA256"
ZSK_FLAGS = 256
KSK_FLAGS = 257
DAY_S = 86_400
KEPT_SIGNATURES = 50_000


class Sealing(enum.Enum):
    """How an authoritative server signs what it serves."""

    GOOD = "good"
    UNSIGNED = "unsigned"
    BOGUS = "bogus"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and its DNSKEY."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    dnskey: DNSKEY


@dataclass(frozen=True, slots=True)
class ZoneKeys:
    """A zone's key-signing and zone-signing key."""

    origin: Name
    ksk: SigningKey
    zsk: SigningKey

    def dnskeys(self, ttl: int) -> Rdataset:
        """The zone's DNSKEY RRset."""
        return rdataset(ttl, self.ksk.dnskey, self.zsk.dnskey)

    def ds(self) -> DS:
        """What the parent publishes about this zone (SHA-256)."""
        return dns.dnssec.make_ds(self.origin, self.ksk.dnskey, "SHA256")


def rdataset(ttl: int, *rdatas: dns.rdata.Rdata) -> Rdataset:
    """An RRset's data with `ttl` seconds; `rdatas` are at least one, all of one type."""
    result = Rdataset(RdataClass.IN, rdatas[0].rdtype)
    result.update_ttl(ttl)
    for rdata in rdatas:
        result.add(rdata)
    return result


def load_keys(folder: Path, origin: Name) -> ZoneKeys:
    """The keys of `origin` in `folder`, made on first use."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = "root" if len(origin) == 1 else origin.to_text(omit_final_dot=True)
    ksk = _load_or_make(folder / f"{stem}.ksk.pem")
    zsk = _load_or_make(folder / f"{stem}.zsk.pem")
    return ZoneKeys(origin, _signing_key(ksk, KSK_FLAGS), _signing_key(zsk, ZSK_FLAGS))


def _signing_key(private: ec.EllipticCurvePrivateKey, flags: int) -> SigningKey:
    return SigningKey(private, dns.dnssec.make_dnskey(private.public_key(), ALGORITHM, flags))


def _load_or_make(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        key = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path.name} is not a P-256 key")
        return key
    key = ec.generate_private_key(ec.SECP256R1())
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    draft.replace(path)
    return key


class Signatures:
    """RRSIGs made on demand and kept until the next day (RFC 4034 §3)."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], RRSIG] = OrderedDict()

    def sign(self, keys: ZoneKeys, name: Name, data: Rdataset, sealing: Sealing, now: float) -> RRSIG:
        """The signature of `data` at `name`, good from yesterday for a week (`now`: seconds since 1970), or spoilt."""
        day = int(now // DAY_S)
        key = (keys.origin, name, data.rdtype, data.ttl, frozenset(data), sealing, day)
        signature = self._kept.get(key)
        if signature is None:
            signature = self._kept[key] = _make(keys, name, data, sealing, day)
            if len(self._kept) > KEPT_SIGNATURES:
                self._kept.popitem(last=False)
        return signature


def _make(keys: ZoneKeys, name: Name, data: Rdataset, sealing: Sealing, day: int) -> RRSIG:
    key = keys.ksk if data.rdtype == RdataType.DNSKEY else keys.zsk
    first, last = (day - 9, day - 2) if sealing is Sealing.EXPIRED else (day - 1, day + 7)
    signature = dns.dnssec.sign(
        (name, data), key.private, keys.origin, key.dnskey, inception=first * DAY_S, expiration=last * DAY_S
    )
    if sealing is Sealing.BOGUS:
        spoilt = bytes([signature.signature[0] ^ 1]) + signature.signature[1:]
        return cast(RRSIG, signature.replace(signature=spoilt))
    return signature
