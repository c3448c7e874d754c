"""Offers (BOLT 12): from text to data, with every reader rule that needs neither a clock nor an opinion."""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from schemas.amounts import MAX_MSAT
from schemas.bolt12.bigsize import read_tu64
from schemas.bolt12.features import OFFER_FEATURES, must_be_understood
from schemas.bolt12.layout import Field, Layout, Section
from schemas.bolt12.merkle import merkle_root
from schemas.bolt12.paths import BlindedPath, read_paths, write_paths
from schemas.bolt12.reasons import Problem, Reason, Refused
from schemas.bolt12.text import decode_text, encode_text
from schemas.bolt12.tlv import read_stream
from schemas.bolt12.values import (
    as_it_is,
    read_chains,
    read_currency,
    read_issuer_id,
    read_text,
    write_bytes,
    write_chains,
    write_number,
    write_text,
)

PREFIX = "lno1"
PREFIX_BYTES = PREFIX.encode()

CHAINS = {
    "bitcoin": bytes.fromhex("6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000"),
    "testnet": bytes.fromhex("43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000"),
    "signet": bytes.fromhex("f61eee3b63a380a477a063af32b2bbc97c9ff9f01f2c4225e973988108000000"),
    "regtest": bytes.fromhex("06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f"),
}
"""Chain hashes by network: the genesis block's hash in wire order (BOLT 0)."""


class OfferFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer says; None or empty means the field is absent.

    `amount` is msat, or minor units of `currency` (ISO 4217). `absolute_expiry` is unix seconds. `quantity_max` 0 means
    no limit, absent means one item. `unknown` are odd fields we do not know: (type, value).
    """

    chains: tuple[bytes, ...] = ()
    metadata: bytes | None = None
    currency: str | None = None
    amount: int | None = None
    description: str | None = None
    features: bytes | None = None
    absolute_expiry: int | None = None
    paths: tuple[BlindedPath, ...] = ()
    issuer: str | None = None
    quantity_max: int | None = None
    issuer_id: bytes | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()

    @property
    def payable_chains(self) -> tuple[bytes, ...]:
        """The chains it may be paid on: bitcoin when it names none."""
        return self.chains or (CHAINS["bitcoin"],)


class Offer(OfferFields, frozen=True, kw_only=True):
    """An offer that keeps every reader rule. `data` is its TLV stream, byte for byte as it was read."""

    data: bytes

    @property
    def text(self) -> str:
        """The offer as lower-case text, without `+`."""
        return encode_text(self.data, PREFIX)

    @property
    def offer_id(self) -> bytes:
        """BOLT 12's id: the merkle root of the fields (32 bytes). For comparing offers between implementations."""
        return merkle_root(self.data)

    @property
    def plain_offer_id(self) -> bytes:
        """The id in Core Lightning's `Offer`, `ListOffers`, `DisableOffer`: SHA-256 of the TLV stream (32 bytes)."""
        return hashlib.sha256(self.data).digest()


def decode_offer(text: str) -> Offer | Problem:
    """The offer behind `text`, or the first rule it breaks. Neither chain nor expiry is judged: see `check_offer`."""
    try:
        return read_offer(decode_text(text, PREFIX_BYTES))
    except Refused as refused:
        return Problem(refused.reason, refused.tlv)


def decode_offer_bytes(data: bytes) -> Offer | Problem:
    """As `decode_offer`, for a bare TLV stream."""
    try:
        return read_offer(data)
    except Refused as refused:
        return Problem(refused.reason, refused.tlv)


def read_offer(data: bytes) -> Offer:
    """As `decode_offer_bytes`, but raises Refused."""
    (said,) = OFFER_LAYOUT.read(data, read_stream(data))
    offer = Offer(data=data, **said)  # type: ignore[arg-type]  # each row of OFFER reads what its field holds
    judge_offer(offer)
    return offer


def judge_offer(offer: OfferFields) -> None:
    """The rules over several fields, and over values that are well-formed but senseless. Raises Refused."""
    for reason, tlv in senseless(offer):
        raise Refused(reason, tlv)


def senseless(offer: OfferFields) -> Iterator[tuple[Reason, int | None]]:
    """Each of those rules that `offer` breaks, and the field to blame."""
    if offer.features and must_be_understood(offer.features, OFFER_FEATURES):
        yield Reason.FEATURE, 12
    if offer.amount is None:
        if offer.currency is not None:
            yield Reason.CURRENCY_WITHOUT_AMOUNT, 6
    else:
        if offer.amount == 0:
            yield Reason.AMOUNT_ZERO, 8
        elif offer.amount > MAX_MSAT and offer.currency is None:
            yield Reason.AMOUNT_TOO_LARGE, 8
        if offer.description is None:
            yield Reason.AMOUNT_WITHOUT_DESCRIPTION, 8
    if offer.issuer_id is None and not offer.paths:
        yield Reason.ISSUER_MISSING, None


OFFER: Final = Section(
    (range(1, 80), range(1_000_000_000, 2_000_000_000)),
    {
        2: Field("chains", read_chains, write_chains),
        4: Field("metadata", as_it_is, write_bytes),
        6: Field("currency", read_currency, write_text),
        8: Field("amount", read_tu64, write_number),
        10: Field("description", read_text, write_text),
        12: Field("features", as_it_is, write_bytes),
        14: Field("absolute_expiry", read_tu64, write_number),
        16: Field("paths", read_paths, write_paths),
        18: Field("issuer", read_text, write_text),
        20: Field("quantity_max", read_tu64, write_number),
        22: Field("issuer_id", read_issuer_id, write_bytes),
    },
)
"""The offer's types and fields, in offers and in all that answers them."""
OFFER_LAYOUT: Final = Layout(OFFER)
