"""One blinded path from the provider to a node (BOLT 4, route blinding): made here, opened by the two key holders."""

import hashlib
import hmac
import secrets
from typing import Final

from coincurve import PrivateKey, PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from schemas.bolt12 import BlindedPath, Hop

_NEXT_NODE_ID: Final = 4
_PATH_ID: Final = 6
_NONCE: Final = bytes(12)


def path_to(node_id: bytes, provider_id: bytes) -> tuple[BlindedPath, bytes]:
    """A fresh path to `node_id` whose introduction point is `provider_id`; never the same twice.

    With it the path id (32 bytes) that a payer's message will carry.
    """
    path_id = secrets.token_bytes(32)
    plans = ((provider_id, _record(_NEXT_NODE_ID, node_id)), (node_id, _record(_PATH_ID, path_id)))
    session = PrivateKey()
    first_key = session.public_key.format()
    hops: list[Hop] = []
    for hop_id, data in plans:
        shared = session.ecdh(hop_id)
        hops.append(_blind(hop_id, shared, data))
        session = PrivateKey(session.multiply(hashlib.sha256(session.public_key.format() + shared).digest()).secret)
    return BlindedPath(provider_id, first_key, tuple(hops)), path_id


def open_hop(key: PrivateKey, path_key: bytes, encrypted: bytes) -> tuple[bytes, bytes]:
    """What the holder of `key` reads in its hop, and the path key it hands on. Raises cryptography's InvalidTag."""
    shared = key.ecdh(path_key)
    data = ChaCha20Poly1305(_key("rho", shared)).decrypt(_NONCE, encrypted, None)
    return data, PublicKey(path_key).multiply(hashlib.sha256(path_key + shared).digest()).format()


def _blind(hop_id: bytes, shared: bytes, data: bytes) -> Hop:
    blinded = PublicKey(hop_id).multiply(_key("blinded_node_id", shared)).format()
    return Hop(blinded, ChaCha20Poly1305(_key("rho", shared)).encrypt(_NONCE, data, None))


def _key(name: str, shared: bytes) -> bytes:
    return hmac.digest(name.encode(), shared, "sha256")


def _record(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value)]) + value
