"""A request that a worker would not take: its owner is told, nobody else, and the same key may ask again."""

import asyncio

import msgspec
import pytest

from bus.client import connection
from bus.client.publish import publish
from bus.operations.facts import OpRef
from bus.requests.admission import TurnedAway
from bus.requests.refusal import Asked, refuse
from bus.tables import subjects
from schemas.ids import op_of
from schemas.requests import AnyRequest, UsernameRegister
from tests.contract.edge.world import Seller, World, code_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def turn_away(world: World, ref: OpRef, code: str) -> None:
    """The worker at the door refuses the newest request under `ref`."""
    stored = (await world.stored("INGRESS", f"req.v1.*.register.{ref.op}"))[-1]
    asked = Asked(stored.subject, stored.seq, stored.at, stored.data)
    await refuse(world.workers["offer-builder"], asked, TurnedAway(code, "the reason", ref.owner))


async def test_its_owner_is_told_at_once_and_the_same_key_asks_again(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "refused")
    path = f"/v1/operations/{ref.op}"
    accepted = await world.call(seller, "GET", path)
    waiting = asyncio.create_task(world.call(seller, "GET", path, Prefer="wait=30"))
    await turn_away(world, ref, "internal")
    answer = await waiting
    problem = answer.json()["problem"]
    assert (answer.status_code, answer.json()["state"]) == (200, "refused")
    assert (problem["code"], problem["detail"], problem["retryable"]) == ("internal", "the reason", True)
    assert answer.headers["etag"] != accepted.headers["etag"]
    assert (await world.call(seller, "DELETE", path)).json()["state"] == "refused"
    stranger = await world.call(Seller(), "GET", path)
    assert code_of(stranger) == (404, "operation-unknown")
    again = await world.claim(seller, "refused")
    assert (again.status_code, again.json()["state"]) == (202, "accepted")
    assert len(await world.stored("INGRESS", f"req.v1.*.register.{ref.op}")) == 2
    await world.advance(await world.open(ref))
    assert (await world.call(seller, "GET", path)).json()["state"] == "succeeded"


async def test_what_another_service_put_there_is_no_error_of_ours(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = OpRef(seller.owner, op_of(seller.owner, "k"))
    sibling = await connection.connect(world.settings, "shopstr")
    try:
        await publish(sibling, subjects.request("username", "register", ref.op), b"\xff not json")
    finally:
        await sibling.close()
    path = f"/v1/operations/{ref.op}"
    assert code_of(await world.call(seller, "GET", path)) == (404, "operation-unknown")
    await turn_away(world, OpRef(ref.owner, ref.op), "malformed-json")
    assert code_of(await world.call(seller, "GET", path)) == (404, "operation-unknown")
    claimed = await world.claim(seller, "mine")
    assert (claimed.status_code, claimed.json()["state"]) == (202, "accepted")
    newest = (await world.stored("INGRESS", f"req.v1.*.register.{ref.op}"))[-1]
    assert isinstance(msgspec.json.decode(newest.data, type=AnyRequest), UsernameRegister)
    assert (await world.call(seller, "GET", path)).json()["state"] == "accepted"
