"""The node's offer is judged here, whatever the node said; and the live record is made of facts alone."""

from typing import Any

import msgspec
import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.outcomes import Fail
from schemas.bip321 import Instructions, compose, parse
from schemas.bolt12 import CHAINS, BlindedPath, Hop, Offer, OfferFields, encode_offer
from schemas.facts import AnyFact, Composed, Offered, Requested, Verified, fact_name
from schemas.ids import op_of, owner_of
from schemas.offers import Way
from schemas.requests import UsernameRegister
from schemas.settings import Settings
from services.offer_builder.handlers.activate import live_record
from services.offer_builder.handlers.compose import judged

POINT = PrivateKey(b"\x07" * 32).public_key.format()
PATH = BlindedPath(first_node_id=POINT, first_path_key=POINT, hops=(Hop(blinded_node_id=POINT, encrypted_data=b"x"),))
NOW = 1_800_000_000.0
SETTINGS = Settings(network="regtest", record_ttl_s=300, settle_margin_s=60.0, offer_withdraw_lead_s=600.0)
GATE = 300 + 60 + 600


def text(**changes: Any) -> str:
    fields = {"chains": (CHAINS["regtest"],), "issuer_id": POINT, "paths": (PATH,), **changes}
    encoded = encode_offer(OfferFields(**fields))
    assert isinstance(encoded, str)
    return encoded


def offered(offer: str, way: Way = "path", node_id: bytes = POINT) -> Offered:
    return Offered(node_id=node_id.hex(), offer_id="", offer=offer, label="", way=way)


def code(offer: str | Offered, old_ttl_s: int = 0, settings: Settings = SETTINGS) -> str:
    fact = offered(offer) if isinstance(offer, str) else offer
    answer = judged(fact, settings, now=NOW, old_ttl_s=old_ttl_s)
    if isinstance(answer, Offer):
        return "good"
    assert isinstance(answer, Fail)
    assert answer.clean
    return answer.code


def test_a_payable_offer_is_good() -> None:
    assert code(text()) == "good"


@pytest.mark.parametrize("junk", ["", "lno1", "lno1qqqq", "lnbc1x", "\x00", "lno1" + "z" * 5000])
def test_what_is_no_offer_is_invalid(junk: str) -> None:
    assert code(junk) == "offer-invalid"


def test_an_offer_without_a_path_is_never_published() -> None:
    assert code(text(paths=())) == "offer-without-path"


def test_unless_it_is_found_by_the_id_of_its_node_which_is_announced() -> None:
    assert code(offered(text(paths=()), "id")) == "good"
    assert code(offered(text(), "id")) == "good"
    another = PrivateKey(b"\x08" * 32).public_key.format()
    assert code(offered(text(paths=()), "id", another)) == "offer-without-path"
    by_path_alone = text(issuer_id=None)
    assert code(offered(by_path_alone, "id")) == "good"


def test_a_fact_from_before_nodes_were_found_by_their_id_needs_a_path() -> None:
    old = {"type": "offered", "nodeId": POINT.hex(), "offerId": "", "offer": text(paths=()), "label": ""}
    assert code(msgspec.convert(old, Offered)) == "offer-without-path"


def test_an_offer_for_another_chain_is_refused() -> None:
    assert code(text(chains=())) == "offer-wrong-chain"
    assert code(text(chains=(CHAINS["signet"],))) == "offer-wrong-chain"
    bitcoin = Settings(network="bitcoin", record_ttl_s=300, settle_margin_s=60.0)
    assert code(text(chains=()), settings=bitcoin) == "good"


def test_an_offer_that_names_several_chains_needs_ours_among_them() -> None:
    assert code(text(chains=(CHAINS["signet"], CHAINS["regtest"]))) == "good"


@pytest.mark.parametrize(
    ("left", "old_ttl_s", "expected"),
    [
        (-1, 0, "offer-expires-too-soon"),
        (GATE, 0, "offer-expires-too-soon"),
        (GATE + 1, 0, "good"),
        (GATE + 1, 1, "offer-expires-too-soon"),
        (GATE + 3601, 3600, "good"),
    ],
)
def test_an_offer_must_outlive_its_record_in_every_cache(left: int, old_ttl_s: int, expected: str) -> None:
    assert code(text(absolute_expiry=int(NOW) + left), old_ttl_s) == expected


@given(st.text(max_size=200))
def test_no_text_raises(junk: str) -> None:
    code("lno1" + junk)
    code(junk)


def test_the_uri_reads_back_as_the_same_offer() -> None:
    read = parse(compose(text()))
    assert isinstance(read, Instructions)
    assert read.offers == (text(),)
    assert read.address is None


PUBKEY = "11" * 32
OWNER = owner_of(PUBKEY)
OP = op_of(OWNER, "one")
FACTS: tuple[AnyFact, ...] = (
    Requested(
        flow="username.register",
        flow_version=1,
        request=UsernameRegister(
            op=OP,
            owner=OWNER,
            pubkey=PUBKEY,
            body_sha256="",
            asked_at="",
            username="alice",
            domain="shop.test",
            node_id="02" * 33,
        ),
    ),
    Offered(node_id="02" * 33, offer_id="aa", offer=text(), label="l"),
    Composed(
        name="alice@shop.test",
        owner_name="alice.user._bitcoin-payment.shop.test.",
        uri=compose(text()),
        ttl_s=300,
        offer_expires_at=None,
    ),
    Verified(verdict="secure", valid_from=1, valid_until=2, authoritative=(), resolvers=()),
)


def operation(*bodies: AnyFact) -> Operation:
    facts = tuple(StoredFact(fact_name(body), "-", body, n + 1, NOW + n) for n, body in enumerate(bodies))
    return Operation(OpRef(OWNER, OP), facts)


def test_the_live_record_says_what_was_offered_published_and_proven() -> None:
    record = live_record(operation(*FACTS))
    assert (record.name, record.op, record.owner, record.state) == ("alice@shop.test", OP, OWNER, "active")
    assert (record.uri, record.offer) == (compose(text()), text())
    assert (record.verdict, record.valid_until) == ("secure", 2)
    assert record.active_since == "2027-01-15T08:00:03.000Z"
    assert live_record(operation(*FACTS)) == record


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_record_is_not_made_up_from_missing_facts(missing: int) -> None:
    with pytest.raises(LookupError):
        live_record(operation(*(fact for n, fact in enumerate(FACTS) if n != missing)))
