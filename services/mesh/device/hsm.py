"""What the device's signer answers: a table from HSM message type to answer. What is not in it is refused, not signed.

Messages are a big-endian u16 type and its fields (Core Lightning's HSM protocol). BOLT 12 signatures are not among them
yet: registering a name needs a signer that keeps peers connected, nothing more.
"""

from collections.abc import Callable

from coincurve import PrivateKey, PublicKey

from schemas.greenlight.keys import NodeKeys

ECDH, ECDH_REPLY = 1, 100
HEARTBEAT, HEARTBEAT_REPLY = 2008, 2108
_POINT_BYTES = 33


class RefusedToSign(Exception):
    """The signer does not answer this message; the text names its type only."""


def answer(keys: NodeKeys, message: bytes) -> bytes:
    """The reply to one HSM `message`. Raises RefusedToSign."""
    kind = int.from_bytes(message[:2], "big")
    handler = _HANDLERS.get(kind)
    if len(message) < 2 or handler is None:
        raise RefusedToSign(f"message type {kind} is not answered")
    return handler(keys, message[2:])


def _ecdh(keys: NodeKeys, fields: bytes) -> bytes:
    if len(fields) < _POINT_BYTES:
        raise RefusedToSign(f"message type {ECDH} is too short")
    try:
        point = PublicKey(fields[:_POINT_BYTES])
    except ValueError:
        raise RefusedToSign(f"message type {ECDH} carries no point") from None
    return ECDH_REPLY.to_bytes(2, "big") + _shared_secret(keys, point)


def _shared_secret(keys: NodeKeys, point: PublicKey) -> bytes:
    return PrivateKey(keys.node_key.expose()).ecdh(point.format())


def _heartbeat(_keys: NodeKeys, _fields: bytes) -> bytes:
    return HEARTBEAT_REPLY.to_bytes(2, "big")


_HANDLERS: dict[int, Callable[[NodeKeys, bytes], bytes]] = {ECDH: _ecdh, HEARTBEAT: _heartbeat}
