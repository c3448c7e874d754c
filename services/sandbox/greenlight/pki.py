"""The sandbox's certificate tree: root, services and users below it, one authority per node below users.

Chains are sent leaf first, then the authorities, without the root, which every client holds already.
"""

import datetime
import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.greenlight.device import long_name, subject_of

_LIFETIME: Final = datetime.timedelta(days=3650)
_ALREADY: Final = datetime.timedelta(hours=1)
_CA_USAGE: Final = {"key_cert_sign": True, "crl_sign": True, "digital_signature": True}
_LEAF_USAGE: Final = {"key_cert_sign": False, "crl_sign": False, "digital_signature": True}


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate chain and its key, both PEM, as gRPC wants them."""

    chain_pem: bytes
    key_pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority. `chain_pem` is its certificate and its issuers', without the root."""

    certificate: x509.Certificate
    chain_pem: bytes
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def root(cls, common_name: str) -> "Authority":
        """A new self-signed root."""
        key = _new_key()
        name = _name(common_name)
        return cls(_issue(name, key.public_key(), name, key, is_ca=True), b"", key)

    @classmethod
    def load(cls, folder: Path, name: str) -> "Authority | None":
        """The authority saved as `name` in `folder`, if there is one."""
        key_file = folder / f"{name}.key"
        if not key_file.exists():
            return None
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key_file} holds no elliptic curve key")
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        return cls(certificate, (folder / f"{name}.chain").read_bytes(), key)

    @property
    def pem(self) -> bytes:
        """This authority's own certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    def save(self, folder: Path, name: str) -> None:
        """Write this authority so that `load` finds it; the key goes last and says that all is there."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.pem").write_bytes(self.pem)
        (folder / f"{name}.chain").write_bytes(self.chain_pem)
        write_key(folder / f"{name}.key", _key_pem(self._key))

    def authority(self, common_name: str) -> "Authority":
        """A new authority below this one."""
        key = _new_key()
        issued = _issue(_name(common_name), key.public_key(), self.certificate.subject, self._key, is_ca=True)
        return Authority(issued, issued.public_bytes(Encoding.PEM) + self.chain_pem, key)

    def identity(self, common_name: str, hosts: tuple[str, ...] = ()) -> Identity:
        """A new leaf with its key, valid for `hosts` (names or addresses)."""
        key = _new_key()
        return Identity(self._leaf(_name(common_name), key.public_key(), hosts), _key_pem(key))

    def sign(self, request: x509.CertificateSigningRequest, common_name: str | None = None) -> bytes:
        """The chain (PEM) of a leaf for the key and subject (or `common_name`) of `request`, whose checks are the
        caller's."""
        key = request.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TypeError("only elliptic curve keys are signed")
        subject = subject_of(request) if common_name is None else x509.Name([long_name(common_name)])
        return self._leaf(subject, key, ("localhost",))

    def _leaf(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, hosts: tuple[str, ...]) -> bytes:
        leaf = _issue(subject, key, self.certificate.subject, self._key, is_ca=False, hosts=hosts)
        return leaf.public_bytes(Encoding.PEM) + self.chain_pem


def write_key(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _issue(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool,
    hosts: tuple[str, ...] = (),
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), now - _ALREADY, now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(_usage(is_ca=is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if not is_ca:
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, is_ca: bool) -> x509.KeyUsage:
    absent = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(**absent, decipher_only=False, **(_CA_USAGE if is_ca else _LEAF_USAGE))


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
