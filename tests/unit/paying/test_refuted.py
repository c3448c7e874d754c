"""A step that may be refuted: past the pivot it ends an operation by proof, and by nothing else."""

import pytest

from bus.operations import slip
from bus.operations.decide import TICK, TakeBack, Write, decide, exhausted, settle
from bus.operations.facts import Operation
from bus.operations.outcomes import Fail, Refuted
from bus.operations.slip import Finished
from schemas.facts import Failed, FailedDirty, Unreserved
from schemas.flows import FLOWS
from tests.unit.edge.histories import begun, sample, with_fact

FLOW = FLOWS["payment.send"]
PAY = FLOW.step("pay")
NOW = 2e9


def sending() -> Operation:
    """A payment that the node may have been told of."""
    op = begun("payment.send")
    for step in FLOW.steps[:-1]:
        op = with_fact(op, sample(step.done, "payment.send"))
    return op


def test_a_proven_failure_frees_what_was_reserved_and_then_it_has_failed() -> None:
    op = sending()
    assert slip.is_past_pivot(op)
    written = settle(op, PAY, Refuted("payment-no-route", "no way"), NOW)
    assert isinstance(written, Write)
    assert written.dead_letter is None
    assert written.commit.fact == Failed(code="payment-no-route", detail="no way", step="pay", undo_from="reserve")
    assert written.commit.next == "node-manager"
    op = with_fact(op, written.commit.fact)
    assert decide(op, "node-manager", NOW, TICK) == TakeBack(FLOW.step("reserve"))
    op = with_fact(op, Unreserved(node_id="02"))
    assert slip.position(op) == Finished("failed")


def test_anything_short_of_proof_is_an_operators_and_never_failed() -> None:
    op = sending()
    written = settle(op, PAY, Fail("internal", "x"), NOW)
    assert isinstance(written, Write)
    assert isinstance(written.commit.fact, FailedDirty)
    assert exhausted(op, "node-manager", TICK, "it kept failing") is None
    deadly = exhausted(op, "node-manager", TICK, "it kills", deadly=True)
    assert deadly is not None
    assert isinstance(deadly.commit.fact, FailedDirty)


def test_a_step_that_does_not_say_so_cannot_be_refuted() -> None:
    register = begun("node.register")
    with pytest.raises(ValueError, match="cannot be refuted"):
        settle(register, register.flow.steps[0], Refuted("x", "y"), NOW)
