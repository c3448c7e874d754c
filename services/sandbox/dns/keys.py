"""Zone keys (P-256) on disk.

Guarantees: a zone keeps its keys across restarts, so trust anchors stay good; a private key never shows in a `repr`.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import dns.dnssec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from dns.name import Name
from dns.rdata import Rdata
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

ALGORITHM = "ECDSAP256SHA256"
ZSK_FLAGS = 256
KSK_FLAGS = 257
FIRST_KSK = "ksk"
ZSK = "zsk"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and its DNSKEY."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    dnskey: DNSKEY

    @property
    def tag(self) -> int:
        """The key tag (RFC 4034 appendix B)."""
        return dns.dnssec.key_id(self.dnskey)

    def ds(self, origin: Name) -> DS:
        """What the parent of `origin` publishes about this key (SHA-256)."""
        return dns.dnssec.make_ds(origin, self.dnskey, "SHA256")


class KeyStore:
    """The keys of all zones, one file each, in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._loaded: dict[Path, SigningKey] = {}

    def ksk(self, origin: Name, key_id: str = FIRST_KSK) -> SigningKey:
        """The key-signing key `key_id` of `origin`, made on first use."""
        return self._key(origin, key_id, KSK_FLAGS)

    def zsk(self, origin: Name) -> SigningKey:
        """The zone-signing key of `origin`, made on first use."""
        return self._key(origin, ZSK, ZSK_FLAGS)

    def _key(self, origin: Name, key_id: str, flags: int) -> SigningKey:
        stem = "root" if len(origin) == 1 else origin.to_text(omit_final_dot=True)
        path = self._folder / f"{stem}.{key_id}.pem"
        if path not in self._loaded:
            self._loaded[path] = _signing_key(_load_or_make(path), flags)
        return self._loaded[path]


def stray_key(flags: int) -> SigningKey:
    """A key that belongs to no zone."""
    return _signing_key(ec.generate_private_key(ec.SECP256R1()), flags)


def _signing_key(private: ec.EllipticCurvePrivateKey, flags: int) -> SigningKey:
    return SigningKey(private, dns.dnssec.make_dnskey(private.public_key(), ALGORITHM, flags))


def rdataset(ttl: int, *rdatas: Rdata) -> Rdataset:
    """An RRset's data with `ttl` seconds; `rdatas` are at least one, all of one type."""
    result = Rdataset(RdataClass.IN, rdatas[0].rdtype)
    result.update_ttl(ttl)
    for rdata in rdatas:
        result.add(rdata)
    return result


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
