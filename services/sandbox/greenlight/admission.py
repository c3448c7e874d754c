"""What the scheduler checks before it issues a device certificate: pure decisions over a request."""

from dataclasses import dataclass
from typing import Final

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from proto import scheduler_pb2
from schemas.greenlight.challenge import verify_challenge
from schemas.greenlight.device import UserName, parse_common_name, subject_of
from schemas.greenlight.startup import init_msg_node_id
from services.sandbox.greenlight.challenges import Fresh, Stale
from services.sandbox.greenlight.store import Device

_NODE_ID_BYTES: Final = 33
_XPUB_BYTES: Final = 78
_STARTUP_MESSAGES: Final = 6


@dataclass(frozen=True, slots=True)
class Refusal:
    """The status a refused call ends with."""

    code: grpc.StatusCode
    text: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A certificate request to sign, and the device it is for."""

    csr: x509.CertificateSigningRequest
    device: Device


def check_payload(request: scheduler_pb2.RegistrationRequest, network: str) -> Refusal | None:
    """What is wrong with a registration's own content, if anything."""
    if len(request.node_id) != _NODE_ID_BYTES:
        return _invalid("node_id must be 33 bytes")
    if request.network != network:
        return _invalid(f"this scheduler serves {network} only")
    if init_msg_node_id(request.init_msg) != request.node_id:
        return _invalid("init_msg is not an init message of this node")
    if len(request.bip32_key) != _XPUB_BYTES or request.bip32_key not in request.init_msg:
        return _invalid("bip32_key is not the one in init_msg")
    if len(request.startupmsgs) != _STARTUP_MESSAGES or request.startupmsgs[0].response != request.init_msg:
        return _invalid("startupmsgs must be the six messages a node boots with")
    return None


def check_proof(node_id: bytes, challenge: bytes, signature: bytes, used: Fresh | Stale) -> Refusal | None:
    """Whether the caller holds the node's key; `used` is what became of the challenge."""
    if isinstance(used, Stale):
        return Refusal(grpc.StatusCode.UNAUTHENTICATED, used.reason)
    if not verify_challenge(node_id, challenge, signature):
        return Refusal(grpc.StatusCode.UNAUTHENTICATED, "the signature over the challenge is not the node's")
    return None


def admit(csr_pem: bytes, node_id: bytes, how: str) -> Admitted | Refusal:
    """The certificate request of `csr_pem`, if it is well made and for `node_id`."""
    try:
        csr = x509.load_pem_x509_csr(csr_pem)
        valid = csr.is_signature_valid
        key = csr.public_key()
    except ValueError:
        return _invalid("csr is not a certificate request in PEM")
    if not valid or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return _invalid("csr must be for a P-256 key and signed by it")
    user = _user(csr)
    if user is None or user.node_id != node_id:
        return _invalid("the common name in csr is not one of this node")
    pubkey = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
    return Admitted(csr, Device(name=user.device, how=how, pubkey=pubkey))


def _user(csr: x509.CertificateSigningRequest) -> UserName | None:
    names = subject_of(csr).get_attributes_for_oid(NameOID.COMMON_NAME)
    return parse_common_name(str(names[0].value)) if len(names) == 1 else None


def _invalid(text: str) -> Refusal:
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, text)
