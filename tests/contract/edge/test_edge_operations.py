"""Following an operation and taking it back."""

import asyncio
import time

import msgspec
import pytest

from schemas.facts import WaitingForSigner
from schemas.ids import OpId
from schemas.requests import AnyRequest, Cancel
from tests.contract.edge.world import Seller, World, code_of
from tests.unit.edge.histories import NODE, sample

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_operation_shows_its_facts_as_they_come(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "shown")
    path = f"/v1/operations/{ref.op}"
    op = await world.advance(await world.open(ref), 1)
    running = await world.call(seller, "GET", path)
    assert (running.json()["state"], running.json()["step"]) == ("running", "offer")
    assert running.json()["seq"] == op.last_seq
    op = await world.commit(op, WaitingForSigner(node_id=NODE))
    waiting = (await world.call(seller, "GET", path)).json()
    assert (waiting["state"], waiting["problem"]["code"]) == ("waiting", "signer-detached")
    op = await world.advance(op)
    answer = await world.call(seller, "GET", path)
    done = answer.json()
    assert answer.headers["x-revision"] == f"names=0:{done['result']['revision']}", "no mirror shows that write"
    assert (done["state"], done["step"], done["problem"]) == ("succeeded", None, None)
    assert [fact["fact"] for fact in done["facts"]] == [fact.name for fact in op.facts]
    assert [fact["seq"] for fact in done["facts"]] == [fact.seq for fact in op.facts]


async def test_waiting_ends_with_the_operation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.looking.following.LOOK_ANYWAY_S", 60)  # only news can end the wait in time
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "awaited")
    waiter = asyncio.create_task(world.call(seller, "GET", f"/v1/operations/{ref.op}", Prefer="wait=30"))
    poster = asyncio.create_task(world.claim(seller, "awaited", Prefer="wait=30"))
    started = time.monotonic()
    await world.advance(await world.open(ref))
    answers = await asyncio.gather(waiter, poster)
    assert [answer.json()["state"] for answer in answers] == ["succeeded", "succeeded"]
    assert [answer.headers["preference-applied"] for answer in answers] == ["wait=30", "wait=30"]
    assert [answer.status_code for answer in answers] == [200, 202]
    assert time.monotonic() - started < 25, "it waited for news, not for the time to run out"


async def test_waiting_ends_with_the_time(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "not-soon")
    answer = await world.call(seller, "GET", f"/v1/operations/{ref.op}", Prefer="wait=1")
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")


async def test_an_entity_tag_saves_the_body_or_waits_for_a_change(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "tagged")
    path = f"/v1/operations/{ref.op}"
    op = await world.open(ref)
    tag = (await world.call(seller, "GET", path)).headers["etag"]
    same = await world.call(seller, "GET", path, If_None_Match=tag)
    assert (same.status_code, same.content) == (304, b"")
    changed = asyncio.create_task(world.call(seller, "GET", path, If_None_Match=tag, Prefer="wait=30"))
    await world.advance(op, 1)
    answer = await changed
    assert (answer.status_code, answer.json()["step"]) == (200, "offer")


async def cancels(world: World, op: OpId) -> list[Cancel]:
    stored = await world.stored("INGRESS", f"req.v1.*.cancel.{op}")
    found = [msgspec.json.decode(message.data, type=AnyRequest) for message in stored]
    return [request for request in found if isinstance(request, Cancel)]


async def test_a_wish_to_cancel_is_stored_once(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "cancelled")
    await world.advance(await world.open(ref), 2)
    for _ in range(2):
        answer = await world.call(seller, "DELETE", f"/v1/operations/{ref.op}")
        assert (answer.status_code, answer.json()["state"]) == (202, "running")
    (cancel,) = await cancels(world, ref.op)
    assert (cancel.owner, cancel.op, cancel.pubkey) == (seller.owner, ref.op, seller.pubkey)


async def test_a_request_nobody_took_yet_can_be_cancelled(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "too-soon")
    assert (await world.call(seller, "DELETE", f"/v1/operations/{ref.op}")).status_code == 202
    assert len(await cancels(world, ref.op)) == 1


async def test_past_the_pivot_there_is_no_way_back(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "pivot")
    op = await world.advance(await world.open(ref), 6)
    path = f"/v1/operations/{ref.op}"
    assert code_of(await world.call(seller, "DELETE", path)) == (409, "operation-past-pivot")
    await world.advance(op)
    assert code_of(await world.call(seller, "DELETE", path)) == (409, "operation-past-pivot")
    assert not await cancels(world, ref.op)


async def test_what_has_failed_is_over(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "failed")
    await world.commit(await world.open(ref), sample("failed"))
    answer = await world.call(seller, "DELETE", f"/v1/operations/{ref.op}")
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    assert not await cancels(world, ref.op)
