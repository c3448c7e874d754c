"""Proving to the scheduler that one holds a node's key: the ordinary Lightning `signmessage` digest, compact signature.

64 bytes r || s, low-S, deterministic nonce (RFC 6979), no recovery byte.
"""

import hashlib
from typing import Final

from coincurve import PrivateKey, PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from schemas.greenlight.keys import NodeKeys

CHALLENGE_BYTES: Final = 32
_PREFIX: Final = b"Lightning Signed Message:"


def digest(challenge: bytes) -> bytes:
    """What is signed: the double SHA-256 of the prefix and the raw challenge."""
    return hashlib.sha256(hashlib.sha256(_PREFIX + challenge).digest()).digest()


def sign_challenge(keys: NodeKeys, challenge: bytes) -> bytes:
    """64-byte signature over a 32-byte challenge.

    Raises ValueError for any other length: a node key signs nothing else here.
    """
    if len(challenge) != CHALLENGE_BYTES:
        raise ValueError(f"a challenge is {CHALLENGE_BYTES} bytes")
    der = PrivateKey(keys.node_key.expose()).sign(digest(challenge), hasher=None)
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify_challenge(node_id: bytes, challenge: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes, low-S) over `challenge` is by the key behind `node_id` (33 bytes, compressed)."""
    if len(signature) != 64:
        return False
    try:
        return PublicKey(node_id).verify(_der(signature), digest(challenge), hasher=None)
    except ValueError:
        return False


def _der(signature: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
