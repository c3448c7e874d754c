"""Offers at the edge: made once per key, judged before anything is asked, seen by their owner alone."""

import msgspec
import pytest

from bus.buckets.kv import Bucket
from schemas.ids import OpId, op_of
from schemas.offers import OfferState, OfferTerms, TermsChange
from schemas.records import OfferRecord, OfferVersion
from schemas.requests import AnyRequest, OfferChange, OfferCreate, OfferDisable, OfferEnable, UsernameRotate
from tests.contract.edge.world import Json, Seller, World, code_of, shown
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEA: Json = {"description": "tea", "amountMsat": "7000"}
AT = "2026-01-01T00:00:0{}.000Z"


def version(number: int, letter: str) -> OfferVersion:
    """A version that an operation made."""
    return OfferVersion(
        number=number,
        op=OpId(letter * 26),
        node_id=NODE,
        node_offer_id="ab" * 32,
        bolt12=f"lno1{letter}",
        made_at=AT.format(number),
    )


async def given(
    world: World, seller: Seller, letter: str, state: OfferState = "active", *, second: int = 0, **more: object
) -> int:
    """The seller has an offer in this state; the revision that says so."""
    record = OfferRecord(
        id=OpId(letter * 26),
        owner=seller.owner,
        node_id=NODE,
        state=state,
        terms=OfferTerms(description="tea", amount_msat="7000"),
        created_at=AT.format(second),
        versions=(version(1, letter),),
    )
    offers = Bucket(world.workers["offer-builder"], "offers", OfferRecord)
    return await offers.put(f"{seller.owner}.{record.id}", msgspec.structs.replace(record, **more))


async def test_the_same_key_is_the_same_offer(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    body: Json = {**TEA, "quantityMax": 1, "issuer": "", "expiresAt": 0, "singleUse": True, "orderId": "order-7"}
    answers = [await world.call(seller, "POST", "/v1/offers", body, Idempotency_Key="tea") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {202}, answers[0].text
    [stored] = await world.stored("INGRESS", f"req.v1.offer.*.{op_of(seller.owner, 'tea')}")
    request = msgspec.json.decode(stored.data, type=AnyRequest)
    assert isinstance(request, OfferCreate)
    terms = OfferTerms(description="tea", amount_msat="7000", single_use=True)
    assert (request.node_id, request.terms, request.order_id) == (NODE, terms, "order-7")
    for other in ({**body, "orderId": "order-8"}, {**body, "amountMsat": "any"}, {**body, "singleUse": False}):
        answer = await world.call(seller, "POST", "/v1/offers", other, Idempotency_Key="tea")
        assert answer.status_code == 422, other


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-body"),
        ({**TEA, "description": ""}, "invalid-body"),
        ({**TEA, "description": "two\nlines"}, "offer-terms-invalid"),
        ({**TEA, "description": "ü" * 257}, "offer-terms-invalid"),
        ({**TEA, "amountMsat": "0"}, "invalid-body"),
        ({**TEA, "amountMsat": 7}, "invalid-body"),
        ({**TEA, "amountMsat": "2100000000000000001"}, "offer-terms-invalid"),
        ({**TEA, "amountMsat": "10USD"}, "invalid-body"),
        ({**TEA, "quantityMax": -1}, "invalid-body"),
        ({**TEA, "expiresAt": 1}, "offer-terms-invalid"),
        ({**TEA, "orderId": "7"}, "offer-terms-invalid"),
        ({**TEA, "orderId": "a b", "singleUse": True}, "invalid-body"),
        ({**TEA, "price": "7"}, "invalid-body"),
    ],
)
async def test_what_no_offer_can_say_is_refused_before_anything(world: World, body: Json, code: str) -> None:
    seller = Seller()
    await world.give_node(seller)
    assert code_of(await world.call(seller, "POST", "/v1/offers", body, Idempotency_Key="k")) == (422, code)
    assert await world.nothing_stored(seller)


async def test_an_offer_needs_a_node_of_ones_own(world: World) -> None:
    seller, other = Seller(), Seller()
    await world.give_node(other)
    for body in (TEA, {**TEA, "nodeId": NODE}):
        answer = await world.call(seller, "POST", "/v1/offers", body, Idempotency_Key="k")
        assert code_of(answer) == (404, "node-unknown")
    assert code_of(await world.call(None, "POST", "/v1/offers", TEA, Idempotency_Key="k"))[0] == 401


async def test_an_owner_sees_their_offer_with_its_versions_and_nobody_elses(world: World) -> None:
    seller, stranger = Seller(), Seller()
    versions = (msgspec.structs.replace(version(1, "a"), replaced_at=AT.format(2)), version(2, "b"))
    revision = await given(world, seller, "a", versions=versions, order_id="order-7")
    demanded = await shown(world.edge.offers, revision)
    path = f"/v1/offers/{'a' * 26}"
    answer = await world.call(seller, "GET", path, X_Revision=demanded)
    assert answer.headers["x-revision"] == demanded
    found = answer.json()
    assert (found["state"], found["offer"], found["orderId"], found["amountMsat"], found["seq"]) == (
        "active",
        "lno1b",
        "order-7",
        "7000",
        revision,
    )
    assert [(one["number"], one["offer"], one["replacedAt"]) for one in found["versions"]] == [
        (1, "lno1a", AT.format(2)),
        (2, "lno1b", None),
    ]
    assert seller.owner not in answer.text
    for text in (path, "/v1/offers/x", "/v1/offers/*", f"/v1/offers/{'c' * 26}"):
        assert code_of(await world.call(stranger, "GET", text)) == (404, "offer-unknown")
    assert code_of(await world.call(None, "GET", path)) == (401, "auth-missing")
    assert (await world.call(stranger, "GET", "/v1/offers")).json() == {"offers": [], "next": None}


async def test_offers_come_in_pages_and_by_state(world: World) -> None:
    seller = Seller()
    states: tuple[OfferState, ...] = ("active", "disabled", "active", "used", "active")
    newest = 0
    for second, (letter, state) in enumerate(zip("edcba", states, strict=True)):
        newest = await given(world, seller, letter, state, second=second)
    over = msgspec.structs.replace(version(1, "f"), expires_at=1)
    newest = await given(world, seller, "f", second=7, versions=(over,))
    demanded = await shown(world.edge.offers, newest)

    async def page(query: str) -> tuple[list[str], str | None]:
        answer = await world.call(seller, "GET", f"/v1/offers{query}", X_Revision=demanded)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return [one["id"][0] for one in found["offers"]], found["next"]

    assert await page("") == (list("edcbaf"), None)
    assert await page("?state=active") == (list("eca"), None)
    assert await page("?state=expired") == (["f"], None)
    assert await page("?state=used") == (["b"], None)
    seen, after = await page("?limit=4")
    assert (seen, after is not None) == (list("edcb"), True)
    assert await page(f"?limit=4&after={after}") == (list("af"), None)
    for wrong in ("?state=lost", "?limit=0", "?limit=501", "?limit=x"):
        assert code_of(await world.call(seller, "GET", f"/v1/offers{wrong}")) == (400, "bad-request")


async def asked(world: World, seller: Seller, key: str) -> AnyRequest:
    """The one request that stands under that key."""
    [stored] = await world.stored("INGRESS", f"req.v1.*.*.{op_of(seller.owner, key)}")
    request: AnyRequest = msgspec.json.decode(stored.data, type=AnyRequest)
    return request


async def test_a_change_of_an_offer_is_an_operation_of_its_own(world: World) -> None:
    seller = Seller()
    revision = await given(world, seller, "a")
    path = f"/v1/offers/{'a' * 26}"
    body: Json = {"amountMsat": "any", "quantityMax": 0, "revision": revision}
    for _ in range(2):
        answer = await world.call(seller, "PATCH", path, body, Idempotency_Key="k")
        assert answer.status_code == 202, answer.text
    request = await asked(world, seller, "k")
    assert isinstance(request, OfferChange)
    assert request.change == TermsChange(amount_msat="any", quantity_max=0)
    assert (request.offer_id, request.revision) == ("a" * 26, revision)
    other = await world.call(seller, "PATCH", path, {"amountMsat": "7"}, Idempotency_Key="k")
    assert code_of(other) == (422, "idempotency-conflict")
    for verb, kind in (("disable", OfferDisable), ("enable", OfferEnable)):
        answer = await world.call(seller, "POST", f"{path}/{verb}", Idempotency_Key=verb)
        assert answer.status_code == 202, answer.text
        assert isinstance(await asked(world, seller, verb), kind)


async def test_a_change_of_what_a_name_pays_rotates_the_name(world: World) -> None:
    seller = Seller()
    await given(world, seller, "a", name="alice@shop.test")
    path = f"/v1/offers/{'a' * 26}"
    answer = await world.call(seller, "PATCH", path, {"description": "for tea"}, Idempotency_Key="k")
    assert answer.status_code == 202, answer.text
    assert answer.json()["flow"] == "username.rotate"
    request = await asked(world, seller, "k")
    assert isinstance(request, UsernameRotate)
    assert (request.username, request.domain, request.node_id) == ("alice", "shop.test", NODE)
    assert request.terms == TermsChange(description="for tea")
    bodies: tuple[Json, ...] = ({"issuer": "bob"}, {"expiresAt": 4_000_000_000})
    for body in bodies:
        wrong = await world.call(seller, "PATCH", path, body, Idempotency_Key="issuer")
        assert code_of(wrong) == (422, "offer-terms-invalid")
    for verb in ("disable", "enable"):
        named = await world.call(seller, "POST", f"{path}/{verb}", Idempotency_Key=verb)
        assert code_of(named) == (409, "offer-named")


async def test_what_cannot_be_changed_is_refused_before_anything(world: World) -> None:
    seller, stranger = Seller(), Seller()
    revision = await given(world, seller, "a")
    await given(world, seller, "b", terms=OfferTerms(description="x", single_use=True))
    path = f"/v1/offers/{'a' * 26}"
    refused: tuple[tuple[Seller, str, Json, tuple[int, str]], ...] = (
        (stranger, path, {"description": "x"}, (404, "offer-unknown")),
        (seller, "/v1/offers/x", {"description": "x"}, (404, "offer-unknown")),
        (seller, path, {}, (422, "invalid-body")),
        (seller, path, {"revision": revision}, (422, "invalid-body")),
        (seller, path, {"description": ""}, (422, "invalid-body")),
        (seller, path, {"singleUse": True}, (422, "invalid-body")),
        (seller, path, {"description": "x", "revision": revision - 1}, (409, "offer-changed")),
        (seller, f"/v1/offers/{'b' * 26}", {"description": "y"}, (409, "offer-for-one-use")),
    )
    for who, where, body, code in refused:
        assert code_of(await world.call(who, "PATCH", where, body, Idempotency_Key="k")) == code, body
    assert await world.nothing_stored(seller)
    assert await world.nothing_stored(stranger)
