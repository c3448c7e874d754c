"""What an offer says, for anybody: right, wrong, and not an offer at all."""

import pytest

from schemas.bolt12 import CHAINS, Offer, decode_offer
from schemas.bolt12.offer_rules import RULES
from schemas.bolt12.text import encode_text
from services.edge.routes.offer_decoding import MAX_OFFER_CHARS
from tests.contract.edge.world import Json, World, code_of
from tests.unit.bolt12.parties import BLINDED, ISSUER, OFFER, Changes, changed, path, public, stream

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "/v1/offers/decode"
PAYABLE: Changes = {2: CHAINS["regtest"] + bytes(32), 16: path(public(BLINDED), public(ISSUER))}


def text_of(changes: Changes) -> str:
    return encode_text(stream(changed(OFFER, {**PAYABLE, **changes})), "lno1")


async def decoded(world: World, text: str) -> Json:
    answer = await world.call(None, "POST", ADDRESS, {"offer": text})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def findings(found: Json) -> dict[str, Json]:
    rules = found["rules"]
    assert isinstance(rules, list)
    assert [rule["rule"] for rule in rules] == [rule.name for rule in RULES]
    return {rule["rule"]: rule for rule in rules if rule["finding"] != "kept"}


async def test_a_good_offer_and_all_it_says(world: World) -> None:
    text = text_of({14: (4_000_000_000).to_bytes(4, "big"), 18: "Büro".encode(), 20: b"", 33: b"odd"})
    found = await decoded(world, text.upper())
    offer = decode_offer(text)
    assert isinstance(offer, Offer)
    assert (found["valid"], found["text"]) == (True, text)
    assert (found["offerId"], found["nodeOfferId"]) == (offer.offer_id.hex(), offer.plain_offer_id.hex())
    assert found["offer"] == {
        "chains": ["regtest", "00" * 32],
        "currency": None,
        "amountMsat": "100",
        "amount": None,
        "description": "tea",
        "issuer": "Büro",
        "issuerId": public(ISSUER).hex(),
        "paths": [{"firstNode": path(b"")[:33].hex(), "hops": 1}] * 2,
        "expiresAt": 4_000_000_000,
        "quantityMax": 0,
        "features": None,
        "metadata": None,
        "unknown": [{"type": 33, "value": "6f6464", "mustBeUnderstood": False}],
        "unreadable": [],
    }
    assert not findings(found)


async def test_an_offer_that_breaks_rules_says_which_and_why(world: World) -> None:
    found = await decoded(world, text_of({6: b"eur", 24: b"x", 14: b"\x01", 22: None}))
    assert (found["valid"], found["text"], found["offerId"], found["nodeOfferId"]) == (False, None, None, None)
    said = findings(found)
    assert {name: rule["finding"] for name, rule in said.items()} == {
        "known": "broken",
        "currency": "broken",
        "amount": "unjudged",
        "price": "unjudged",
        "expiry": "broken",
    }
    assert (said["known"]["stage"], said["known"]["field"]) == ("structure", 24)
    assert said["expiry"]["reason"] == "it has expired"
    offer = found["offer"]
    assert isinstance(offer, dict)
    assert offer["unknown"] == [{"type": 24, "value": "78", "mustBeUnderstood": True}]
    # nobody may take 100 of an unknown currency for 100 msat
    assert (offer["unreadable"], offer["amountMsat"], offer["amount"]) == ([6], None, None)


async def test_of_an_offer_without_a_path_nobody_can_say_whether_its_node_is_announced(world: World) -> None:
    found = await decoded(world, text_of({16: None}))
    assert found["valid"] is True
    assert {name: rule["finding"] for name, rule in findings(found).items()} == {"path": "unjudged"}


async def test_a_price_in_a_currency_is_no_amount_of_msat(world: World) -> None:
    offer = (await decoded(world, text_of({6: b"EUR"})))["offer"]
    assert isinstance(offer, dict)
    assert (offer["currency"], offer["amount"], offer["amountMsat"]) == ("EUR", "100", None)


async def test_a_path_that_begins_at_a_channel(world: World) -> None:
    by_channel = b"\x01" + (1 << 40 | 2 << 16 | 3).to_bytes(8, "big") + path(public(BLINDED))[33:]
    offer = (await decoded(world, text_of({16: by_channel})))["offer"]
    assert isinstance(offer, dict)
    assert offer["paths"] == [{"firstNode": "1x2x3/1", "hops": 1}]


@pytest.mark.parametrize("text", ["hello", "lno1", "lno1qq", "lnbc1", "\ud7ff\u0000", "lno1" + "q" * 4000])
async def test_what_is_no_offer_is_an_answer_too(world: World, text: str) -> None:
    found = await decoded(world, text)
    assert (found["valid"], found["offer"]) == (False, None)
    assert findings(found)


async def test_bodies_that_are_refused(world: World) -> None:
    for body in ({}, {"offer": ""}, {"offer": 1}, {"offer": "l" * (MAX_OFFER_CHARS + 1)}, {"offer": "l", "to": "l"}):
        assert code_of(await world.call(None, "POST", ADDRESS, dict(body))) == (422, "invalid-body")
    assert code_of(await world.call(None, "POST", ADDRESS, b"{")) == (400, "malformed-json")
    assert code_of(await world.call(None, "GET", ADDRESS)) == (405, "method-not-allowed")
