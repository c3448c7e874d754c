"""Each reader rule has its own answer. The official vectors say only valid or not, and several of them break an earlier
rule than the one they are named for; these streams break exactly one.
"""

import re
from pathlib import Path

import pytest

from schemas.bech32 import ALPHABET
from schemas.bolt12 import CHAINS, MAX_MSAT, Message, Offer, OfferFields, Problem, Reason, Stage, check_offer
from schemas.bolt12 import decode_offer as decode
from schemas.bolt12 import decode_offer_bytes as decode_bytes
from schemas.bolt12.offer_writer import write_offer
from schemas.bolt12.text import encode_text
from schemas.bolt12.tlv import write_record
from schemas.problems import PROBLEMS

POINT = bytes.fromhex("02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619")
OFF_CURVE = b"\x03" * 33
TEXT = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese"
HOP = b"\x02" * 33 + b"\x00\x02ab"
PATH = POINT + b"\x02" * 33 + b"\x01" + HOP

EXPERIMENTAL = 1_000_000_000


def reason(result: Offer | Problem) -> tuple[Reason, int | None] | None:
    return (result.reason, result.tlv) if isinstance(result, Problem) else None


def stream(*records: tuple[int, bytes], issuer: bytes | None = POINT) -> bytes:
    """Records in rising order, with an issuer's key so that nothing else is wrong."""
    every = [*records, (22, issuer)] if issuer is not None and 22 not in dict(records) else [*records]
    return b"".join(write_record(kind, value) for kind, value in sorted(every))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Reason.PREFIX),
        ("lno", Reason.PREFIX),
        ("lno1", Reason.EMPTY),
        ("LNO1", Reason.EMPTY),
        ("lni1" + TEXT[4:], Reason.PREFIX),
        (" " + TEXT, Reason.PREFIX),
        (TEXT + " ", Reason.CHARACTER),
        (TEXT[:9] + " " + TEXT[9:], Reason.CHARACTER),
        (TEXT[:9] + "b" + TEXT[9:], Reason.CHARACTER),
        (TEXT[:9] + "_" + TEXT[9:], Reason.CHARACTER),
        (TEXT[:9] + "-" + TEXT[9:], Reason.CHARACTER),
        (TEXT[:9] + "~" + TEXT[9:], Reason.CHARACTER),
        (TEXT[:9] + "\x00" + TEXT[9:], Reason.CHARACTER),
        ("lno1_" + TEXT[4:], Reason.CHARACTER),
        (TEXT + "ü", Reason.CHARACTER),
        ("ⅼno1" + TEXT[4:], Reason.CHARACTER),
        (TEXT[:20] + "\ud800", Reason.CHARACTER),
        ("Lno1" + TEXT[4:], Reason.MIXED_CASE),
        (TEXT[:-1] + "E", Reason.MIXED_CASE),
        ("+" + TEXT, Reason.JOIN),
        (TEXT + "+", Reason.JOIN),
        (TEXT + "+ ", Reason.JOIN),
        (TEXT[:9] + "++" + TEXT[9:], Reason.JOIN),
        (TEXT[:9] + "+ +" + TEXT[9:], Reason.JOIN),
        (TEXT[:9] + " +" + TEXT[9:], Reason.JOIN),
        (TEXT + "q", Reason.PADDING_LENGTH),
        ("lno1" + "q" * 2 + "p", Reason.PADDING_LENGTH),
    ],
)
def test_the_text(text: str, expected: Reason) -> None:
    assert reason(decode(text)) == (expected, None)


def test_left_over_bits_must_be_zero() -> None:
    seen = set()
    for length in range(5):
        text = encode_text(stream((10, b"x" * length)), "lno1")
        assert isinstance(decode(text), Offer)
        left_over = len(text[4:]) * 5 % 8
        seen.add(left_over)
        for bit in range(left_over):
            last = ALPHABET[ALPHABET.index(text[-1]) | 1 << bit]
            assert reason(decode(text[:-1] + last)) == (Reason.PADDING_BITS, None)
    assert seen == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    "text",
    [TEXT.upper(), "l+no1" + TEXT[4:], "lno+1" + TEXT[4:], "lno1+" + TEXT[4:], TEXT[:9] + "+ \r\n\t" + TEXT[9:]],
)
def test_other_ways_to_write_the_same(text: str) -> None:
    assert decode(text) == decode(TEXT)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xfd\x00", (Reason.TRUNCATED_TYPE, None)),
        (b"\xfe\x3b\x9a\xca", (Reason.TRUNCATED_TYPE, None)),
        (b"\x0a", (Reason.TRUNCATED_LENGTH, None)),
        (b"\x0a\xfd\x01", (Reason.TRUNCATED_LENGTH, None)),
        (b"\x0a\x02a", (Reason.TRUNCATED_VALUE, 10)),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xffa", (Reason.TRUNCATED_VALUE, 10)),
        (b"\xfd\x00\x0a\x00", (Reason.BIGSIZE, None)),
        (b"\xfe\x00\x00\x01\x00\x00", (Reason.BIGSIZE, None)),
        (b"\xff\x00\x00\x00\x00\x3b\x9a\xca\x01\x00", (Reason.BIGSIZE, None)),
        (b"\x0a\xfd\x00\x01a", (Reason.BIGSIZE, None)),
        (b"\x0a\x00\x0a\x00", (Reason.DUPLICATE, 10)),
        (b"\x0a\x00\x08\x01\x01", (Reason.ORDER, 8)),
        (stream((0, b"")), (Reason.TYPE_RANGE, 0)),
        (stream((80, b"")), (Reason.TYPE_RANGE, 80)),
        (stream((81, b"")), (Reason.TYPE_RANGE, 81)),
        (stream((240, bytes(64))), (Reason.TYPE_RANGE, 240)),
        (stream((EXPERIMENTAL - 1, b"")), (Reason.TYPE_RANGE, EXPERIMENTAL - 1)),
        (stream((2 * EXPERIMENTAL, b"")), (Reason.TYPE_RANGE, 2 * EXPERIMENTAL)),
        (stream((2 * EXPERIMENTAL + 1, b"")), (Reason.TYPE_RANGE, 2 * EXPERIMENTAL + 1)),
        (stream((24, b"")), (Reason.UNKNOWN_EVEN, 24)),
        (stream((78, b"")), (Reason.UNKNOWN_EVEN, 78)),
        (stream((EXPERIMENTAL, b"")), (Reason.UNKNOWN_EVEN, EXPERIMENTAL)),
        (stream((2 * EXPERIMENTAL - 2, b"")), (Reason.UNKNOWN_EVEN, 2 * EXPERIMENTAL - 2)),
    ],
)
def test_the_stream(data: bytes, expected: tuple[Reason, int | None]) -> None:
    assert reason(decode_bytes(data)) == expected


@pytest.mark.parametrize("kind", [1, 23, 79, EXPERIMENTAL + 1, 2 * EXPERIMENTAL - 1])
def test_unknown_odd_fields_stay_as_they_are(kind: int) -> None:
    data = stream((kind, b"\x00kept\xff"))
    offer = decode_bytes(data)
    assert isinstance(offer, Offer)
    assert offer.unknown == ((kind, b"\x00kept\xff"),)
    assert offer.data == data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stream((2, b"")), (Reason.CHAINS_EMPTY, 2)),
        (stream((2, bytes(31))), (Reason.CHAINS_LENGTH, 2)),
        (stream((2, bytes(65))), (Reason.CHAINS_LENGTH, 2)),
        (stream((6, b"\xff\xfe\xfd"), (8, b"\x01"), (10, b"")), (Reason.UTF8, 6)),
        (stream((6, b"usd"), (8, b"\x01"), (10, b"")), (Reason.CURRENCY, 6)),
        (stream((6, b"US"), (8, b"\x01"), (10, b"")), (Reason.CURRENCY, 6)),
        (stream((6, b"USDT"), (8, b"\x01"), (10, b"")), (Reason.CURRENCY, 6)),
        (stream((6, b"USD\n"), (8, b"\x01"), (10, b"")), (Reason.CURRENCY, 6)),
        (stream((6, b""), (8, b"\x01"), (10, b"")), (Reason.CURRENCY, 6)),
        (stream((6, "ÜSD".encode()), (8, b"\x01"), (10, b"")), (Reason.CURRENCY, 6)),
        (stream((8, b"\x00\x01"), (10, b"")), (Reason.INTEGER_ZEROS, 8)),
        (stream((8, b"\x00"), (10, b"")), (Reason.INTEGER_ZEROS, 8)),
        (stream((8, b"\x01" + bytes(8)), (10, b"")), (Reason.INTEGER_LENGTH, 8)),
        (stream((14, b"\x00\xff")), (Reason.INTEGER_ZEROS, 14)),
        (stream((20, b"\x00")), (Reason.INTEGER_ZEROS, 20)),
        (stream((20, b"\x01" * 9)), (Reason.INTEGER_LENGTH, 20)),
        (stream((10, b"\xc0\x80")), (Reason.UTF8, 10)),
        (stream((10, b"\xed\xa0\x80")), (Reason.UTF8, 10)),
        (stream((18, b"\xff")), (Reason.UTF8, 18)),
        (stream((22, POINT[:-1])), (Reason.POINT_LENGTH, 22)),
        (stream((22, POINT + b"\x00")), (Reason.POINT_LENGTH, 22)),
        (stream((22, OFF_CURVE)), (Reason.ISSUER_ID, 22)),
        (stream((22, b"\x04" + POINT[1:])), (Reason.ISSUER_ID, 22)),
        (stream((22, bytes(33))), (Reason.ISSUER_ID, 22)),
        (stream((22, b"\x02" + b"\xff" * 32)), (Reason.ISSUER_ID, 22)),
    ],
)
def test_single_fields(data: bytes, expected: tuple[Reason, int]) -> None:
    assert reason(decode_bytes(data)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", Reason.PATHS_EMPTY),
        (b"\x02", Reason.PATH_TRUNCATED),
        (PATH[:66], Reason.PATH_TRUNCATED),
        (PATH[:-1], Reason.PATH_TRUNCATED),
        (PATH[:-3], Reason.PATH_TRUNCATED),
        (PATH[:67], Reason.PATH_TRUNCATED),
        (PATH + b"\x00", Reason.PATH_TRUNCATED),
        (PATH[:66] + b"\x02" + HOP, Reason.PATH_TRUNCATED),
        (PATH[:66] + b"\x00", Reason.PATH_WITHOUT_HOPS),
        (PATH + PATH[:66] + b"\x00", Reason.PATH_WITHOUT_HOPS),
        (OFF_CURVE + PATH[33:], Reason.PATH_FIRST_NODE),
        (b"\x05" + PATH[1:], Reason.PATH_FIRST_NODE),
        (PATH[:33] + OFF_CURVE + PATH[66:], Reason.PATH_KEY),
        (PATH[:67] + OFF_CURVE + PATH[100:], Reason.PATH_HOP),
        (PATH + b"\x01" + bytes(8) + OFF_CURVE + PATH[66:], Reason.PATH_KEY),
    ],
)
def test_blinded_paths(value: bytes, expected: Reason) -> None:
    assert reason(decode_bytes(stream((16, value)))) == (expected, 16)


@pytest.mark.parametrize("first", [POINT, b"\x00" + bytes(8), b"\x01" + b"\xff" * 8])
def test_a_path_is_enough_without_an_issuer(first: bytes) -> None:
    offer = decode_bytes(stream((16, first + PATH[33:]), issuer=None))
    assert isinstance(offer, Offer)
    assert offer.paths[0].first_node_id == first


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stream((12, b"\x01")), (Reason.FEATURE, 12)),
        (stream((12, b"\x04" + bytes(15))), (Reason.FEATURE, 12)),
        (stream((8, b""), (10, b"")), (Reason.AMOUNT_ZERO, 8)),
        (stream((6, b"USD"), (8, b""), (10, b"")), (Reason.AMOUNT_ZERO, 8)),
        (stream((8, (MAX_MSAT + 1).to_bytes(8, "big")), (10, b"")), (Reason.AMOUNT_TOO_LARGE, 8)),
        (stream((8, b"\x01")), (Reason.AMOUNT_WITHOUT_DESCRIPTION, 8)),
        (stream((6, b"USD"), (10, b"")), (Reason.CURRENCY_WITHOUT_AMOUNT, 6)),
        (stream((10, b"x"), issuer=None), (Reason.ISSUER_MISSING, None)),
        (b"", (Reason.ISSUER_MISSING, None)),
    ],
)
def test_meaning(data: bytes, expected: tuple[Reason, int | None]) -> None:
    assert reason(decode_bytes(data)) == expected


@pytest.mark.parametrize(
    "data",
    [
        stream((12, b"\xaa\x02")),
        stream((12, b"")),
        stream((12, b"\x00\x02")),
        stream((8, MAX_MSAT.to_bytes(8, "big")), (10, b"")),
        stream((6, b"EUR"), (8, b"\xff" * 8), (10, b"")),
        stream((14, b"\xff" * 8)),
        stream((10, "nul\x00 and ünï".encode())),
    ],
)
def test_what_is_unusual_but_right(data: bytes) -> None:
    assert isinstance(decode_bytes(data), Offer)


def test_structure_is_judged_before_meaning() -> None:
    """No issuer and a zero amount, but the last field is what breaks the structure."""
    assert reason(decode_bytes(stream((8, b""), (18, b"\xff"), issuer=None))) == (Reason.UTF8, 18)


def test_policy_is_apart() -> None:
    path = decode_bytes(stream((16, PATH), (14, (2000).to_bytes(2, "big"))))
    bare = decode_bytes(stream((2, CHAINS["regtest"]), (14, (2000).to_bytes(2, "big"))))
    assert isinstance(path, Offer)
    assert isinstance(bare, Offer)
    bitcoin = CHAINS["bitcoin"]
    assert check_offer(path, chain_hash=bitcoin, now=1999, needs_path=True) == ()
    assert check_offer(path, chain_hash=bitcoin, now=2000) == (Problem(Reason.EXPIRED, 14),)
    assert check_offer(path, chain_hash=bitcoin, now=1000, valid_for_s=1000) == (Problem(Reason.EXPIRES_TOO_SOON, 14),)
    assert check_offer(bare, chain_hash=CHAINS["regtest"], now=0) == ()
    assert check_offer(bare, chain_hash=bitcoin, now=3000, needs_path=True) == (
        Problem(Reason.WRONG_CHAIN, 2),
        Problem(Reason.EXPIRED, 14),
        Problem(Reason.WITHOUT_PATH, 16),
    )


def test_every_reason_has_words_and_a_code() -> None:
    assert len({item.words for item in Reason}) == len(Reason)
    for item in Reason:
        assert {Problem(item, None, message).code for message in Message} <= PROBLEMS.keys()
        assert isinstance(item.stage, Stage)
    assert Problem(Reason.UTF8, 10).detail == "a text field is not UTF-8 (field 10)"


def test_every_reason_is_given_by_some_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))
    assert not [item.name for item in Reason if not re.search(rf"\bReason\.{item.name}\b", tests)]


def test_two_ids() -> None:
    """The specification's id and Core Lightning's differ, and both follow every byte."""
    one, other = (decode_bytes(stream((1, value))) for value in (b"a", b"b"))
    assert isinstance(one, Offer)
    assert isinstance(other, Offer)
    assert len({one.offer_id, other.offer_id, one.plain_offer_id, other.plain_offer_id}) == 4
    assert decode(encode_text(write_offer(OfferFields(issuer_id=POINT)), "lno1")) == decode(TEXT)
