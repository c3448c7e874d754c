"""What an operator may have published: one valid offer, written exactly as we write it, and nothing beside it."""

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas.bip321 import Instructions, compose, parse
from schemas.bolt12 import CHAINS, BlindedPath, Hop, OfferFields, encode_offer
from schemas.names import join_txt, txt_chunks
from schemas.payment_record import MAX_URI_BYTES, PaymentRecord, RecordProblem, ends_too_soon, payment_record

NOW = 1_800_000_000.0
POINT = PrivateKey(b"\x07" * 32).public_key.format()
PATH = BlindedPath(first_node_id=POINT, first_path_key=POINT, hops=(Hop(blinded_node_id=POINT, encrypted_data=b"x"),))


def offer(chain: str = "regtest", expiry: int | None = None, paths: tuple[BlindedPath, ...] = (PATH,)) -> str:
    text = encode_offer(
        OfferFields(chains=(CHAINS[chain],), issuer_id=POINT, paths=paths, absolute_expiry=expiry, description="x")
    )
    assert isinstance(text, str)
    return text


def judged(uri: str) -> PaymentRecord | RecordProblem:
    found = payment_record(uri, "regtest")
    if isinstance(found, RecordProblem):
        return found
    return ends_too_soon(found, network="regtest", now=NOW, valid_for_s=360) or found


GOOD = offer()
LONG = offer(paths=(PATH,) * 9)


@pytest.mark.parametrize("uri", [f"bitcoin:?lno={GOOD}", f"BITCOIN:?LNO={GOOD.upper()}", f"bitcoin:?lno={LONG}"])
def test_one_offer_written_as_we_write_it_is_published_byte_for_byte(uri: str) -> None:
    found = judged(uri)
    assert isinstance(found, PaymentRecord), found
    assert found.uri == uri.lower() == compose(found.offer.text)
    assert join_txt(txt_chunks(found.uri)) == found.uri.encode()
    assert max(len(chunk) for chunk in txt_chunks(found.uri)) <= 255


def test_an_offer_that_ends_long_after_the_record_is_told_with_its_end() -> None:
    found = judged(f"bitcoin:?lno={offer(expiry=int(NOW) + 400)}")
    assert isinstance(found, PaymentRecord)
    assert found.offer.absolute_expiry == int(NOW) + 400


@pytest.mark.parametrize(
    ("uri", "code", "says"),
    [
        ("", "uri-invalid", "begin"),
        (f"lightning:?lno={GOOD}", "uri-invalid", "begin"),
        ("bitcoin:", "uri-invalid", "no payment instruction"),
        ("bitcoin:?bc=bc1qexample", "uri-invalid", "exactly one offer"),
        (f"bitcoin:?lno={GOOD}&lno={GOOD}", "uri-invalid", "exactly one offer"),
        (f"bitcoin:?lno={GOOD}&label=bitcoin:", "uri-invalid", "more than once"),
        (f"bitcoin:?lno={GOOD}&amount=1", "uri-invalid", "nothing else"),
        (f"bitcoin:?req-lno={GOOD}", "uri-invalid", "nothing else"),
        (f"bitcoin:?lno={GOOD}&pop=mailto:a", "uri-invalid", "proof-of-payment"),
        (f"bitcoin:1BoatSLRHtKNngkdXEeobR76b53LETtpyT?lno={GOOD}", "uri-invalid", "nothing else"),
        (f"bitcoin:?lno={GOOD}&", "uri-invalid", "nothing else"),
        (f"bitcoin:?lno={GOOD[:10]}%{ord(GOOD[10]):02x}{GOOD[11:]}", "uri-invalid", "nothing else"),
        (f'bitcoin:?lno={GOOD}"', "uri-invalid", "character"),
        (f"bitcoin:?lno={GOOD} ", "uri-invalid", "character"),
        ("bitcoin:?lno=" + "q" * MAX_URI_BYTES, "uri-invalid", "characters"),
        (f"bitcoin:?lno={GOOD[:-4]}", "offer-invalid", ""),
        (f"bitcoin:?lno={offer('testnet')}", "offer-wrong-chain", ""),
        (f"bitcoin:?lno={offer(paths=())}", "offer-without-path", ""),
        (f"bitcoin:?lno={offer(expiry=int(NOW) - 1)}", "offer-invalid", ""),
        (f"bitcoin:?lno={offer(expiry=int(NOW) + 300)}", "offer-expires-too-soon", ""),
    ],
)
def test_everything_else_is_refused_by_the_rule_it_breaks(uri: str, code: str, says: str) -> None:
    found = judged(uri)
    assert isinstance(found, RecordProblem), found
    assert found.code == code or (code == "offer-invalid" and found.code.startswith("offer-")), found
    assert says in found.detail


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda more: f"bitcoin:?lno={GOOD}{more}"))
def test_whatever_is_accepted_pays_one_offer_and_nothing_else(uri: str) -> None:
    found = judged(uri)
    if isinstance(found, PaymentRecord):
        assert parse(found.uri) == Instructions(offers=(found.offer.text,))
        assert uri.lower() == found.uri
    else:
        assert uri == "" or len(uri) < 8 or uri not in found.detail
