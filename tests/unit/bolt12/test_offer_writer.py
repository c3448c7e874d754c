"""Writing offers: what is written reads back as it was, and the writer's own rules each have an answer."""

import string

import pytest
from coincurve import PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.bech32 import ALPHABET
from schemas.bolt12 import (
    CHAINS,
    MAX_MSAT,
    BlindedPath,
    Hop,
    Offer,
    OfferFields,
    Problem,
    Reason,
    decode_offer,
    decode_offer_bytes,
    encode_offer,
)
from schemas.bolt12.bigsize import read_bigsize, read_tu64, write_bigsize, write_tu64
from schemas.bolt12.reasons import Refused

POINTS = st.sampled_from([PrivateKey(bytes([number]) * 32).public_key.format() for number in range(1, 9)])
FIRST_NODES = POINTS | st.tuples(st.sampled_from([b"\x00", b"\x01"]), st.binary(min_size=8, max_size=8)).map(b"".join)
PATHS = st.builds(
    BlindedPath,
    FIRST_NODES,
    POINTS,
    st.lists(st.builds(Hop, POINTS, st.binary(max_size=300)), min_size=1, max_size=3).map(tuple),
)
UNKNOWN_TYPES = (st.integers(0, 39) | st.integers(500_000_000, 999_999_999)).map(lambda half: half * 2 + 1)
TEXTS = st.text(max_size=40)
POINT = PrivateKey(b"\x01" * 32).public_key.format()


@st.composite
def offers(draw: st.DrawFn) -> OfferFields:
    """Fields that keep every rule of readers and writers."""
    amount = draw(st.none() | st.integers(1, MAX_MSAT))
    priced = amount is not None
    currency = st.text(string.ascii_uppercase, min_size=3, max_size=3)
    paths = draw(st.lists(PATHS, max_size=2).map(tuple))
    return OfferFields(
        chains=draw(st.sampled_from([(), (CHAINS["regtest"],), (CHAINS["bitcoin"], CHAINS["signet"])])),
        metadata=draw(st.none() | st.binary(max_size=300)),
        currency=draw(st.none() | currency) if priced else None,
        amount=amount,
        description=draw(TEXTS if priced else st.none() | TEXTS),
        features=draw(st.sampled_from([None, b"", b"\x02", b"\x08\x00"])),
        absolute_expiry=draw(st.none() | st.integers(0, 2**64 - 1)),
        paths=paths,
        issuer=draw(st.none() | TEXTS),
        quantity_max=draw(st.none() | st.just(0) | st.integers(2, 2**64 - 1)),
        issuer_id=draw(st.none() | POINTS if paths else POINTS),
        unknown=tuple(sorted(draw(st.dictionaries(UNKNOWN_TYPES, st.binary(max_size=300), max_size=3)).items())),
    )


def fields_of(offer: OfferFields) -> dict[str, object]:
    return {name: getattr(offer, name) for name in OfferFields.__struct_fields__}


@settings(max_examples=300, deadline=None)
@given(offers())
def test_decoding_what_was_encoded(fields: OfferFields) -> None:
    text = encode_offer(fields)
    assert isinstance(text, str), text
    offer = decode_offer(text)
    assert isinstance(offer, Offer), offer
    assert fields_of(offer) == fields_of(fields)
    assert offer.text == text
    assert encode_offer(offer) == text
    assert decode_offer_bytes(offer.data) == offer
    assert decode_offer(text.upper()) == offer


@settings(deadline=None)
@given(offers(), st.data())
def test_a_damaged_offer_is_refused_or_is_another_offer(fields: OfferFields, data: st.DataObject) -> None:
    text = encode_offer(fields)
    assert isinstance(text, str)
    at = data.draw(st.integers(4, len(text) - 1))
    char = data.draw(st.sampled_from(ALPHABET))
    damaged = text[:at] + char + text[at + 1 :]
    result = decode_offer(damaged)
    if isinstance(result, Offer):
        assert result.text == damaged
    else:
        assert result.detail


@given(st.text() | st.text(alphabet="lno1qpzry+ \nLNO").map("lno1".__add__) | st.binary().map(bytes.hex))
@example("lno1" + "q" * 10_000)
@example("lno1+")
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(decode_offer(text), Offer | Problem)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda raw: b"\x10" + bytes([len(raw) % 253]) + raw))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    result = decode_offer_bytes(data)
    assert isinstance(result, Problem) or result.data == data


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (OfferFields(issuer_id=POINT, chains=(CHAINS["bitcoin"],)), Reason.CHAINS_NEEDLESS),
        (OfferFields(issuer_id=POINT, chains=(b"short",)), Reason.CHAINS_LENGTH),
        (OfferFields(issuer_id=POINT, chains=(bytes(16), bytes(16))), Reason.CHAINS_LENGTH),
        (OfferFields(issuer_id=POINT, quantity_max=1), Reason.QUANTITY_NEEDLESS),
        (OfferFields(issuer_id=POINT, features=b"\x00\x02"), Reason.FEATURES_PADDED),
        (OfferFields(issuer_id=POINT, features=b"\x01"), Reason.FEATURE),
        (OfferFields(issuer_id=POINT, unknown=((10, b"x"),)), Reason.UNKNOWN_IS_KNOWN),
        (OfferFields(issuer_id=POINT, unknown=((24, b"x"),)), Reason.UNKNOWN_EVEN),
        (OfferFields(issuer_id=POINT, unknown=((1, b""), (1, b""))), Reason.DUPLICATE),
        (OfferFields(issuer_id=POINT, unknown=((81, b""),)), Reason.TYPE_RANGE),
        (OfferFields(issuer_id=POINT, unknown=((-1, b""),)), Reason.TYPE_RANGE),
        (OfferFields(issuer_id=POINT, unknown=((1 << 64, b""),)), Reason.TYPE_RANGE),
        (OfferFields(issuer_id=POINT, absolute_expiry=-1), Reason.INTEGER_RANGE),
        (OfferFields(issuer_id=POINT, absolute_expiry=1 << 64), Reason.INTEGER_RANGE),
        (OfferFields(issuer_id=POINT, description="\ud800"), Reason.UTF8),
        (OfferFields(issuer_id=POINT, amount=5), Reason.AMOUNT_WITHOUT_DESCRIPTION),
        (OfferFields(issuer_id=POINT, amount=0, description=""), Reason.AMOUNT_ZERO),
        (OfferFields(issuer_id=POINT, amount=MAX_MSAT + 1, description=""), Reason.AMOUNT_TOO_LARGE),
        (OfferFields(issuer_id=POINT, amount=5, currency="eur", description=""), Reason.CURRENCY),
        (OfferFields(issuer_id=POINT, currency="EUR"), Reason.CURRENCY_WITHOUT_AMOUNT),
        (OfferFields(issuer_id=b"\x03" * 33), Reason.ISSUER_ID),
        (OfferFields(issuer_id=b""), Reason.POINT_LENGTH),
        (OfferFields(description="x"), Reason.ISSUER_MISSING),
        (OfferFields(paths=(BlindedPath(POINT, POINT, ()),)), Reason.PATH_SHAPE),
        (OfferFields(paths=(BlindedPath(b"", POINT, (Hop(POINT, b""),)),)), Reason.PATH_SHAPE),
        (OfferFields(paths=(BlindedPath(b"\x02" * 9, POINT, (Hop(POINT, b""),)),)), Reason.PATH_SHAPE),
        (OfferFields(paths=(BlindedPath(bytes(33), POINT, (Hop(POINT, b""),)),)), Reason.PATH_SHAPE),
        (OfferFields(paths=(BlindedPath(POINT, POINT, (Hop(POINT, bytes(65536)),)),)), Reason.PATH_SHAPE),
        (OfferFields(paths=(BlindedPath(POINT, POINT, (Hop(POINT, b""),) * 256),)), Reason.PATH_SHAPE),
        (OfferFields(paths=(BlindedPath(POINT, b"\x03" * 33, (Hop(POINT, b""),)),)), Reason.PATH_KEY),
    ],
)
def test_writing_refuses(fields: OfferFields, reason: Reason) -> None:
    result = encode_offer(fields)
    assert isinstance(result, Problem)
    assert result.reason is reason


# BOLT 1, appendix A
@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "00"),
        (252, "fc"),
        (253, "fd00fd"),
        (65535, "fdffff"),
        (65536, "fe00010000"),
        (4294967295, "feffffffff"),
        (4294967296, "ff0000000100000000"),
        (18446744073709551615, "ffffffffffffffffff"),
    ],
)
def test_bigsize(number: int, encoded: str) -> None:
    assert write_bigsize(number).hex() == encoded
    assert read_bigsize(bytes.fromhex(encoded), 0, Reason.TRUNCATED_TYPE) == (number, len(encoded) // 2)
    for cut in range(len(encoded) // 2):
        with pytest.raises(Refused):
            read_bigsize(bytes.fromhex(encoded)[:cut], 0, Reason.TRUNCATED_TYPE)


@pytest.mark.parametrize("encoded", ["fd00fc", "fe0000ffff", "ff00000000ffffffff"])
def test_bigsize_in_its_shortest_form_only(encoded: str) -> None:
    with pytest.raises(Refused) as caught:
        read_bigsize(bytes.fromhex(encoded), 0, Reason.TRUNCATED_TYPE)
    assert caught.value.reason is Reason.BIGSIZE


@given(st.integers(0, 2**64 - 1))
def test_truncated_integers(number: int) -> None:
    written = write_tu64(number)
    assert read_tu64(written) == number
    assert not written.startswith(b"\x00")
