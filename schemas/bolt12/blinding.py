"""Blinded paths (BOLT 4, route blinding): made by who wants to be reached, opened hop by hop by those on the way."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

import msgspec
from coincurve import PrivateKey, PublicKey
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from schemas.bolt12.paths import BlindedPath, Hop
from schemas.bolt12.payinfo import BlindedPayinfo
from schemas.bolt12.points import read_point
from schemas.bolt12.reasons import Problem, Reason, Refused
from schemas.bolt12.recipient_data import (
    PaymentRelay,
    RecipientData,
    padded,
    read_recipient_data,
    write_recipient_data,
)

_NONCE: Final = bytes(12)
_MILLION: Final = 1_000_000


class PlannedHop(msgspec.Struct, frozen=True):
    """A node on the way (its id, 33 bytes) and what it shall read."""

    node_id: bytes
    data: RecipientData


class OpenedHop(msgspec.Struct, frozen=True, kw_only=True):
    """What a node reads in its hop, the path key it hands on, and the secret (32 bytes) of its blinded id."""

    data: RecipientData
    next_path_key: bytes
    blinded_secret: bytes


def create_path(session_secret: bytes, hops: Sequence[PlannedHop], *, pad: bool = True) -> BlindedPath | Problem:
    """The path over `hops`, from the node where it begins to the one it leads to, or why there is none.

    `session_secret` (32 bytes) must be random and never be used again. `pad` makes all hops look alike. Raises
    ValueError if the session's secret is no key.
    """
    session = PrivateKey(session_secret)
    try:
        return _create_path(session, [hop.node_id for hop in hops], _sealable([hop.data for hop in hops], pad))
    except Refused as refused:
        return Problem(refused.reason, refused.tlv)


def open_hop(secret: bytes, path_key: bytes, encrypted: bytes) -> OpenedHop | Problem:
    """What the node with `secret` (32 bytes) reads in its hop when it comes with `path_key` (33 bytes)."""
    try:
        node = PrivateKey(secret)
        shared = node.ecdh(path_key)
    except ValueError:
        return Problem(Reason.PATH_SEALED)
    data = open_shared(shared, encrypted)
    if isinstance(data, Problem):
        return data
    next_key = data.next_path_key_override or PublicKey(path_key).multiply(_factor(path_key, shared)).format()
    blinded: bytes = node.multiply(_key(b"blinded_node_id", shared)).secret
    return OpenedHop(data=data, next_path_key=next_key, blinded_secret=blinded)


def open_shared(shared: bytes, encrypted: bytes) -> RecipientData | Problem:
    """What a node reads in its hop whose signer did the key exchange; `shared` (32 bytes) is the exchange's hash."""
    try:
        return read_recipient_data(ChaCha20Poly1305(_key(b"rho", shared)).decrypt(_NONCE, encrypted, None))
    except (InvalidTag, ValueError):
        return Problem(Reason.PATH_SEALED)
    except Refused as refused:
        return Problem(refused.reason, refused.tlv)


def payinfo_over(
    relays: Sequence[PaymentRelay],
    *,
    final_cltv_delta: int,
    htlc_minimum_msat: int,
    htlc_maximum_msat: int,
    features: bytes = b"",
) -> BlindedPayinfo:
    """What paying over a path takes in all: `relays` of its forwarding hops in order, then the last node's own blocks.

    Rounded up at every hop, so that nobody on the way gets less than it asks for (BOLT 4).
    """
    base = proportional = 0
    for relay in reversed(relays):
        share = relay.fee_proportional_millionths
        base = _divided_up(relay.fee_base_msat * _MILLION + base * (_MILLION + share))
        proportional = _divided_up((proportional + share) * _MILLION + proportional * share)
    return BlindedPayinfo(
        fee_base_msat=base,
        fee_proportional_millionths=proportional,
        cltv_expiry_delta=final_cltv_delta + sum(relay.cltv_expiry_delta for relay in relays),
        htlc_minimum_msat=htlc_minimum_msat,
        htlc_maximum_msat=htlc_maximum_msat,
        features=features,
    )


def _sealable(hops: Sequence[RecipientData], pad: bool) -> list[bytes]:
    return [write_recipient_data(hop) for hop in (padded(hops) if pad else hops)]


def _create_path(session: PrivateKey, node_ids: Sequence[bytes], plain: Sequence[bytes]) -> BlindedPath:
    if not node_ids:
        raise Refused(Reason.PATH_WITHOUT_HOPS)
    first_path_key = session.public_key.format()
    hops: list[Hop] = []
    for node_id, data in zip(node_ids, plain, strict=True):
        shared = session.ecdh(read_point(node_id, Reason.PATH_HOP))
        sealed = ChaCha20Poly1305(_key(b"rho", shared)).encrypt(_NONCE, data, None)
        hops.append(Hop(PublicKey(node_id).multiply(_key(b"blinded_node_id", shared)).format(), sealed))
        session = session.multiply(_factor(session.public_key.format(), shared))
    return BlindedPath(node_ids[0], first_path_key, tuple(hops))


def _divided_up(millionths: int) -> int:
    return -(-millionths // _MILLION)


def _key(name: bytes, shared: bytes) -> bytes:
    return hmac.digest(name, shared, "sha256")


def _factor(path_key: bytes, shared: bytes) -> bytes:
    return hashlib.sha256(path_key + shared).digest()
