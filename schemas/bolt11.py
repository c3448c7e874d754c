"""BOLT 11 invoices, read and checked: bech32, fields, and the signature that says who is paid (BOLT 11).

`decode_bolt11` gives an invoice or the first rule it breaks, and raises nothing. Whether it has expired and on which
network it may be paid are judged by who pays, so that an old invoice still reads.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from coincurve import PublicKey

from schemas import bech32
from schemas.amounts import MAX_MSAT
from schemas.bolt11_fields import (
    HASH_WORDS,
    Bolt11Rule,
    Broken,
    Field,
    Hop,
    exactly,
    hops_in,
    judge_features,
    read_fields,
    text_in,
)
from schemas.requests import Network

PREFIXES: Final[Mapping[Network, str]] = {"regtest": "lnbcrt", "signet": "lntbs", "bitcoin": "lnbc", "testnet": "lntb"}
"""How an invoice for each network begins; a longer one stands before the one it begins with."""
PICO: Final = {"m": 10**9, "u": 10**6, "n": 10**3, "p": 1, "": 10**12}
"""The units of amounts, in millionths of a millionth of a bitcoin, the largest last."""
PICO_PER_MSAT: Final = 10
TIMESTAMP_WORDS: Final = 7
_SIGNATURE, _CHECKSUM = 104, bech32.CHECKSUM_WORDS
DEFAULT_EXPIRY_S: Final = 3600
DEFAULT_CLTV: Final = 18
MAX_CHARS: Final = 7089
"""What the largest QR code holds; nothing longer is an invoice."""


class Bolt11Problem(msgspec.Struct, frozen=True):
    """The first rule that is broken."""

    rule: Bolt11Rule

    @property
    def detail(self) -> str:
        """The rule, for a person to read."""
        return self.rule.value


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice says. `msat` None: the payer names the amount. `created_at` in unix seconds.

    `secret` is what the payer shows the payee, and no preimage. `hint`: the first way to the payee, hop by hop.
    """

    network: Network
    msat: int | None
    payment_hash: bytes
    secret: bytes
    description: str | None
    description_hash: bytes | None = None
    created_at: int
    expiry_s: int = DEFAULT_EXPIRY_S
    cltv_delta: int = DEFAULT_CLTV
    hint: tuple[Hop, ...] = ()

    @property
    def expires_at(self) -> int:
        """Unix seconds after which nobody should pay it any more."""
        return self.created_at + self.expiry_s


class Bolt11(Terms, frozen=True, kw_only=True):
    """An invoice as it was read. `payee` (33 bytes) signed it. `text` is lower-case."""

    text: str
    payee: bytes


def decode_bolt11(text: str) -> Bolt11 | Bolt11Problem:
    """The invoice behind `text`, or the first rule it breaks."""
    try:
        return _read(text)
    except Broken as broken:
        return Bolt11Problem(broken.rule)


def _read(text: str) -> Bolt11:
    lower = text.lower()
    if len(text) > MAX_CHARS:
        raise Broken(Bolt11Rule.TOO_LONG)
    if text not in (lower, text.upper()) or not text.isascii():
        raise Broken(Bolt11Rule.MIXED_CASE)
    parts = bech32.split(lower)
    if parts is None:
        raise Broken(Bolt11Rule.NOT_BECH32)
    prefix, words = parts
    if not bech32.holds(prefix, words):
        raise Broken(Bolt11Rule.CHECKSUM)
    if len(words) < TIMESTAMP_WORDS + _SIGNATURE + _CHECKSUM:
        raise Broken(Bolt11Rule.SHORT)
    network, msat = _network_and_amount(prefix)
    body, signature = words[: -_SIGNATURE - _CHECKSUM], words[-_SIGNATURE - _CHECKSUM : -_CHECKSUM]
    fields = read_fields(body[TIMESTAMP_WORDS:])
    payment_hash = exactly(fields.get(Field.HASH), HASH_WORDS, Bolt11Rule.NO_HASH)
    secret = exactly(fields.get(Field.SECRET), HASH_WORDS, Bolt11Rule.NO_SECRET)
    description, description_hash = fields.get(Field.DESCRIPTION), fields.get(Field.DESCRIPTION_HASH)
    if (description is None) is (description_hash is None):
        raise Broken(Bolt11Rule.NO_DESCRIPTION)
    judge_features(fields.get(Field.FEATURES, []))
    return Bolt11(
        text=lower,
        network=network,
        msat=msat,
        payment_hash=payment_hash,
        secret=secret,
        description=None if description is None else text_in(description),
        description_hash=None if description_hash is None else bech32.bytes_in(description_hash),
        created_at=bech32.number_in(body[:TIMESTAMP_WORDS]),
        expiry_s=_number(fields, Field.EXPIRY, DEFAULT_EXPIRY_S),
        cltv_delta=_number(fields, Field.CLTV, DEFAULT_CLTV),
        hint=tuple(hops_in(bech32.bytes_in(fields.get(Field.HINT, [])))),
        payee=_payee(prefix, body, signature, fields.get(Field.PAYEE)),
    )


def _network_and_amount(prefix: str) -> tuple[Network, int | None]:
    network = next((network for network, start in PREFIXES.items() if prefix.startswith(start)), None)
    if network is None:
        raise Broken(Bolt11Rule.PREFIX)
    amount = prefix.removeprefix(PREFIXES[network])
    if not amount:
        return network, None
    digits = amount.rstrip("munp")
    unit = amount[len(digits) :]
    if not digits.isdecimal() or len(digits) > 20 or digits[0] == "0" or unit not in PICO:
        raise Broken(Bolt11Rule.AMOUNT)
    msat, rest = divmod(int(digits) * PICO[unit], PICO_PER_MSAT)
    if rest or not 0 < msat <= MAX_MSAT:
        raise Broken(Bolt11Rule.AMOUNT)
    return network, msat


def invoice_digest(prefix: str, words: Sequence[int]) -> bytes:
    """What a BOLT 11 signature signs: SHA-256 over the prefix and the words, packed, with zero bits at the end."""
    bits = len(words) * 5
    size = -(-bits // 8)
    signed = (bech32.number_in(words) << size * 8 - bits).to_bytes(size, "big")
    return hashlib.sha256(prefix.encode() + signed).digest()


def _payee(prefix: str, body: list[int], signature: list[int], named: list[int] | None) -> bytes:
    digest = invoice_digest(prefix, body)
    try:
        signer = PublicKey.from_signature_and_message(bech32.bytes_in(signature), digest, hasher=None).format()
    except Exception:  # noqa: BLE001  coincurve raises nothing narrower
        raise Broken(Bolt11Rule.SIGNATURE) from None
    if named is not None and bech32.bytes_in(named) != signer:
        raise Broken(Bolt11Rule.SIGNATURE)
    return signer


def _number(fields: Mapping[int, list[int]], field: Field, default: int) -> int:
    return bech32.number_in(fields[field]) if field in fields else default
