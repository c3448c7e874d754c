"""What happens is told, in order, and an operation that is over is folded into its owner's history."""

import msgspec

from bus.buckets.kv import Bucket
from bus.operations import ledger, slip
from schemas.facts import SeedLost
from schemas.ids import owner_of
from schemas.records import ListRecord
from tests.contract.edge.world import eventually
from tests.contract.notifier.place import Place, as_it_happened, request_of, somebody
from tests.unit.edge.histories import NODE, REQUESTS


async def test_every_fact_is_told_in_order_and_the_finished_operation_is_folded(place: Place) -> None:
    async with place.notifier():
        pubkey = somebody()
        op = await place.run(await place.begin(request_of(pubkey, "k")))
        told = await place.is_told(op)
    assert as_it_happened(told, op)
    assert [notification.type for notification in told] == [f"username.register.{fact.name}" for fact in op.facts]
    (record,) = await place.history(op.ref.owner)
    assert (record.op, record.state, record.code) == (op.ref.op, "succeeded", None)


async def test_facts_that_came_while_nobody_was_there_are_told_later(place: Place) -> None:
    pubkey = somebody()
    op = await place.run(await place.begin(request_of(pubkey, "k")))
    async with place.notifier():
        assert as_it_happened(await place.is_told(op), op)


async def test_what_an_owner_does_is_listed_while_a_notifier_runs(place: Place) -> None:
    request = msgspec.structs.replace(REQUESTS["invoice.create"], owner=owner_of(somebody()))
    lists = Bucket(place.workers["notifier"], "lists", ListRecord)
    async with place.notifier():
        op = await place.begin(request)

        async def is_listed() -> bool:
            newest = await lists.get(f"{op.ref.owner}.invoices")
            return newest is not None and [one.op for one in newest.value.ops] == [op.ref.op]

        await eventually(is_listed)


async def test_a_failure_its_undoing_and_a_note_are_told(place: Place) -> None:
    async with place.notifier():
        pubkey = somebody()
        node = await place.begin(request_of(pubkey, "node", node=True))
        noted = await ledger.append(place.workers["node-manager"], node, slip.advance(node, SeedLost(node_id=NODE)))
        assert isinstance(noted, ledger.Committed)
        op = await place.begin(request_of(pubkey, "name"))
        step = op.flow.step("reserve")
        failure = slip.failed(op, step, "name-taken", "somebody has it", clean=False)
        answer = await ledger.append(place.workers["offer-builder"], op, slip.advance(op, failure))
        assert isinstance(answer, ledger.Committed)
        op, node = await place.run(answer.op), await place.run(noted.op)
        told = await place.is_told(node, op)
    assert as_it_happened(told, op)
    assert as_it_happened(told, node)
    codes = {notification.type: notification.code for notification in told if notification.code}
    assert codes == {"node.register.seed-lost": "seed-lost", "username.register.failed": "name-taken"}
    assert {record.state: record.code for record in await place.history(op.ref.owner)} == {
        "failed": "name-taken",
        "succeeded": None,
    }
