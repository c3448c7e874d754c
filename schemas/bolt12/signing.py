"""BIP 340 signatures over a message's merkle root."""

from typing import Final

from coincurve import PrivateKey, PublicKeyXOnly

from schemas.bolt12.merkle import merkle_root_of, signature_digest
from schemas.bolt12.reasons import Reason, Refused
from schemas.bolt12.tlv import Record, read_stream

INVOICE_REQUEST: Final = "invoice_request"
INVOICE: Final = "invoice"
SIGNATURE_TYPE: Final = 240


def verify_signature(message: str, data: bytes, records: list[Record], key: bytes, signature: bytes) -> None:
    """Raises Refused unless `signature` over `data` (a `message`, with its `records`) is that of `key` (33 bytes)."""
    digest = signature_digest(message, "signature", merkle_root_of(data, records))
    if not PublicKeyXOnly(key[1:]).verify(signature, digest):
        raise Refused(Reason.SIGNATURE, SIGNATURE_TYPE)


def sign(message: str, data: bytes, key: bytes | None, secret: bytes) -> bytes:
    """The signature (64 bytes) over `data`, the same at every call. Raises Refused if `secret` is not that of `key`."""
    try:
        signer = PrivateKey(secret)
    except ValueError:
        raise Refused(Reason.SIGNING_KEY) from None
    if signer.public_key.format() != key:
        raise Refused(Reason.SIGNING_KEY)
    digest = signature_digest(message, "signature", merkle_root_of(data, read_stream(data)))
    signature: bytes = signer.sign_schnorr(digest, bytes(32))
    return signature
