"""Who takes part in the tests of BOLT 12, and messages of theirs that keep every rule, ready to be spoiled."""

from coincurve import PrivateKey

from schemas.amounts import MAX_MSAT
from schemas.bolt12.layout import write_stream
from schemas.bolt12.merkle import merkle_root, signature_digest

ISSUER, PAYER, BLINDED, STRANGER = (bytes([number]) * 32 for number in (0x41, 0x42, 0x43, 0x44))
OFF_CURVE = b"\x02" + bytes(32)
NOW = 1_700_000_000
TOO_MUCH = (MAX_MSAT + 1).to_bytes(8, "big")
HOUR = (3600).to_bytes(2, "big")

Records = dict[int, bytes]
Changes = dict[int, bytes | None]


def public(secret: bytes) -> bytes:
    """The key of `secret`."""
    key: bytes = PrivateKey(secret).public_key.format()
    return key


def path(*ends: bytes) -> bytes:
    """The bytes of blinded paths, each of one hop with its end."""
    return b"".join(public(STRANGER) + public(STRANGER) + b"\x01" + end + b"\x00\x03abc" for end in ends)


def payinfo(features: bytes = b"") -> bytes:
    """The bytes of what one path takes."""
    numbers = bytes(4) + bytes(4) + b"\x00\x12" + bytes(8) + b"\xff" * 8
    return numbers + len(features).to_bytes(2, "big") + features


OFFER: Records = {8: b"\x64", 10: b"tea", 22: public(ISSUER)}
REQUEST: Records = {**OFFER, 0: bytes(16), 88: public(PAYER)}
INVOICE: Records = {
    **REQUEST,
    160: path(public(ISSUER)),
    162: payinfo(),
    164: NOW.to_bytes(4, "big"),
    168: bytes(32),
    170: b"\x64",
    176: public(ISSUER),
}
OWN_REQUEST: Records = {0: bytes(16), 10: b"refund", 82: b"\x64", 88: public(PAYER)}
"""It answers no offer."""
BY_PATH: Changes = {16: path(public(BLINDED)), 22: None}
"""Turns the offer into one without an issuer's key."""


def changed(records: Records, changes: Changes) -> Records:
    """`records` with some of them replaced, added or (None) taken away."""
    every = {**records, **changes}
    return {kind: value for kind, value in every.items() if value is not None}


def stream(records: Records) -> bytes:
    """Their bytes."""
    return write_stream(list(records.items()))


def signed(message: str, records: Records, secret: bytes) -> bytes:
    """Their bytes with a signature that holds, whatever they say."""
    digest = signature_digest(message, "signature", merkle_root(stream(records)))
    return stream({**records, 240: PrivateKey(secret).sign_schnorr(digest)})


def a_request(changes: Changes | None = None, secret: bytes = PAYER) -> bytes:
    """A signed request with `changes`."""
    return signed("invoice_request", changed(REQUEST, changes or {}), secret)


def an_own_request(changes: Changes | None = None) -> bytes:
    """A request that answers no offer, with `changes`."""
    return stream(changed(OWN_REQUEST, changes or {}))


def an_invoice(changes: Changes | None = None, secret: bytes = ISSUER) -> bytes:
    """A signed invoice with `changes`."""
    return signed("invoice", changed(INVOICE, changes or {}), secret)
