"""A node is not deleted between the moment when a payment of it gave its reservation back and its last fact."""

from bus.operations import ledger, slip
from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Wait
from schemas.facts import Settled
from schemas.records import Purse
from schemas.requests import NodeDelete
from services.node_manager.desk import Desk
from services.node_manager.handlers.table import handlers
from services.node_manager.paying.purse import purse_of

from .paying import Payer, a_pair
from .place import Place


async def step(desk: Desk, op: Operation) -> Done | Fail | Wait:
    """What the next step of `op` comes to; nothing of it is written."""
    where = slip.position(op)
    assert isinstance(where, slip.Todo)
    outcome = await handlers(desk)[op.flow.name, where.step.name].act(op, where.step)
    assert isinstance(outcome, Done | Fail | Wait), outcome
    return outcome


async def written(desk: Desk, op: Operation, outcome: Done | Fail | Wait) -> Operation:
    """`op` once that is done is written."""
    assert isinstance(outcome, Done), outcome
    answer = await ledger.append(desk.bus, op, slip.advance(op, outcome.fact))
    assert isinstance(answer, ledger.Committed)
    return answer.op


async def paid_and_untold(desk: Desk, alice: Payer, bob: Payer) -> tuple[Operation, Done]:
    """A payment of Alice's that has arrived, as it stands, and what was to be written of it."""
    op = await ledger.open_operation(desk.bus, alice.request("tea", await bob.invoice(desk, 50_000)))
    while not op.has("sending"):
        op = await written(desk, op, await step(desk, op))
    outcome = await step(desk, op)
    while isinstance(outcome, Wait):  # its fee is not known yet
        outcome = await step(desk, op)
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.fact, Settled)
    assert await purse_of(desk.purses, alice.person.owner) == Purse()
    return op, outcome


async def test_a_payment_whose_process_died_before_its_last_fact_keeps_its_node(place: Place, desk: Desk) -> None:
    replica = await place.replica()
    alice, bob = await a_pair(place, replica.instance)
    await replica.stop()
    op, unwritten = await paid_and_untold(desk, alice, bob)
    deletion = NodeDelete(**alice.person.common("d"), node_id=alice.node_id)
    deleting = await ledger.open_operation(desk.bus, deletion)
    refused = await step(desk, deleting)
    assert isinstance(refused, Fail), refused
    assert refused.code == "node-paying"
    assert await step(desk, op) == unwritten, "the node does not tell it once more"
    await written(desk, op, unwritten)
    assert isinstance(await step(desk, deleting), Done)
