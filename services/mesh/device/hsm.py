"""What the device's signer answers: a table from HSM message type to answer. What is not in it is refused, not signed.

Keeps peers connected, signs invoices and BOLT 12 messages, and approves what its owner's node is about to pay.
"""

from collections.abc import Callable

from coincurve import PrivateKey, PublicKey

from schemas.bolt11 import invoice_digest
from schemas.bolt12 import signature_digest
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.signing import Ask, Bolt12Signing, alias_secret, read_invoice_to_sign

HEARTBEAT, HEARTBEAT_REPLY = 2008, 2108
_POINT_BYTES = 33
_APPROVED = b"\x01"


class RefusedToSign(Exception):
    """The signer does not answer this message; the text names its type only."""


def answer(keys: NodeKeys, message: bytes) -> bytes:
    """The reply to one HSM `message`. Raises RefusedToSign."""
    kind = int.from_bytes(message[:2], "big")
    handler = _HANDLERS.get(kind)
    if len(message) < 2 or handler is None:
        raise RefusedToSign(f"message type {kind} is not answered")
    try:
        return handler(keys, message)
    except ValueError:
        raise RefusedToSign(f"message type {kind} is not well-formed") from None


def _ecdh(keys: NodeKeys, message: bytes) -> bytes:
    point = PublicKey(message[2 : 2 + _POINT_BYTES])
    return Ask.ECDH.reply + PrivateKey(keys.node_key.expose()).ecdh(point.format())


def _sign_invoice(keys: NodeKeys, message: bytes) -> bytes:
    digest = invoice_digest(*read_invoice_to_sign(message))
    return Ask.SIGN_INVOICE.reply + PrivateKey(keys.node_key.expose()).sign_recoverable(digest, hasher=None)


def _sign_bolt12(keys: NodeKeys, message: bytes) -> bytes:
    wanted = Bolt12Signing.read(message)
    secret = keys.node_key.expose()
    if wanted.tweak:
        secret = alias_secret(secret, _derived(keys, wanted.info.decode()), wanted.tweak)
    digest = signature_digest(wanted.message, wanted.field, wanted.root)
    kind = Ask.SIGN_BOLT12_2 if wanted.tweak else Ask.SIGN_BOLT12
    return kind.reply + PrivateKey(secret).sign_schnorr(digest, bytes(32))


def _derive_secret(keys: NodeKeys, message: bytes) -> bytes:
    return Ask.DERIVE_SECRET.reply + _derived(keys, message[4:].decode())


def _derived(keys: NodeKeys, name: str) -> bytes:
    """One of the secrets that registration handed over anyway. Raises ValueError for any other."""
    found = dict(keys.startup_secrets).get(name)
    if found is None:
        raise ValueError("no such secret")
    return found.expose()


def _approve(_keys: NodeKeys, _message: bytes) -> bytes:
    return Ask.PREAPPROVE_INVOICE.reply + _APPROVED


def _heartbeat(_keys: NodeKeys, _message: bytes) -> bytes:
    return HEARTBEAT_REPLY.to_bytes(2, "big")


_HANDLERS: dict[int, Callable[[NodeKeys, bytes], bytes]] = {
    Ask.ECDH: _ecdh,
    Ask.SIGN_INVOICE: _sign_invoice,
    Ask.SIGN_BOLT12: _sign_bolt12,
    Ask.DERIVE_SECRET: _derive_secret,
    Ask.PREAPPROVE_INVOICE: _approve,
    Ask.SIGN_BOLT12_2: _sign_bolt12,
    HEARTBEAT: _heartbeat,
}
