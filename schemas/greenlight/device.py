"""A device's identity towards Greenlight: a P-256 key, its certificate request, and the names inside certificates."""

import re
import warnings
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

PUBKEY_BYTES: Final = 65
"""Length of a device public key: uncompressed SEC 1."""

DEFAULT_NAME: Final = "default"
"""The device name of a registration."""

PAIRING_CODE: Final = "gl-pairing:"
"""What stands before a device's public key (hex) in the text that a wallet scans to pair it."""

_NEW_NODE: Final = b"00"
"""Where a device that belongs to no node yet names one, official clients put this."""

_SIGNATURE_BYTES: Final = 64
_SUBJECT_TAIL: Final = (
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.LOCALITY_NAME, "SAN FRANCISCO"),
    (NameOID.ORGANIZATION_NAME, "Blockstream"),
    (NameOID.STATE_OR_PROVINCE_NAME, "CALIFORNIA"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "CertificateAuthority"),
)
_COMMON_NAME: Final = re.compile(r"/users/([0-9a-f]{66})/([^/]+)")


def recovered_name(challenge: bytes) -> str:
    """The device name of a recovery that answers `challenge`."""
    return f"recovered-{challenge[:8].hex()}"


@dataclass(frozen=True, slots=True)
class UserName:
    """Who a client certificate speaks for: `node_id` is 33 bytes."""

    node_id: bytes
    device: str


def parse_common_name(text: str) -> UserName | None:
    """The node and device of a common name `/users/<66 hex>/<device>`, or None for any other name."""
    match = _COMMON_NAME.fullmatch(text)
    return UserName(bytes.fromhex(match[1]), match[2]) if match else None


def node_id_of_chain(chain_pem: bytes) -> bytes | None:
    """The node id (33 bytes) in the first certificate of a PEM chain, where clients read it; None if there is none."""
    try:
        names = subject_of(x509.load_pem_x509_certificate(chain_pem)).get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return None
    user = parse_common_name(str(names[0].value)) if len(names) == 1 else None
    return user.node_id if user else None


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A device's private key. `repr` shows nothing."""

    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> "DeviceKey":
        """A new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "DeviceKey":
        """The key of a PKCS#8 PEM; ValueError for anything else, without repeating it."""
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise ValueError("not an unencrypted private key in PEM") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("a device key is on P-256")
        return cls(key)

    def to_pem(self) -> bytes:
        """The key as PKCS#8 PEM, the only form official clients accept everywhere. Secret."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_key(self) -> bytes:
        """65 bytes, uncompressed."""
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def csr(self, node_id: bytes, device_name: str = DEFAULT_NAME) -> bytes:
        """The certificate request (PEM) for this key to speak for `node_id` (33 bytes) as `device_name`."""
        common_name = f"/users/{node_id.hex()}/{device_name}"
        names = [long_name(common_name), *(x509.NameAttribute(oid, value) for oid, value in _SUBJECT_TAIL)]
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def new_device_csr(self, device_name: str) -> bytes:
        """The certificate request (PEM) of a device that waits for a node to take it in."""
        return self.csr(_NEW_NODE, device_name)

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256 over `data`: r || s, 64 bytes."""
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def subject_of(signed: x509.Certificate | x509.CertificateSigningRequest) -> x509.Name:
    """The subject, without the library's warning that a Greenlight common name (81 characters and more) is too long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return signed.subject


def long_name(text: str) -> x509.NameAttribute[str]:
    """A common name longer than X.509's 64 characters, which everybody involved accepts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return x509.NameAttribute(NameOID.COMMON_NAME, text, _validate=False)


def verify_signature(public_key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes, r || s) over `data` is by the device key `public_key` (65 bytes, uncompressed)."""
    if len(signature) != _SIGNATURE_BYTES or len(public_key) != PUBKEY_BYTES:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
