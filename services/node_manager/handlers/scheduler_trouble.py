"""What a failed call to the scheduler means for a step."""

from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.outcomes import Fail, Wait
from schemas.flows import Step
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.patience import wait_or_fail


def scheduler_trouble(desk: Desk, op: Operation, step: Step, problem: CallProblem, *, refused: str) -> Wait | Fail:
    """Wait for a scheduler that is away; fail with code `refused` when it said no."""
    match problem:
        case Unreachable() | Unclear():
            reason = f"the node scheduler cannot be reached ({problem.status})"
            return wait_or_fail(op, step, desk.clock(), reason=reason, code="scheduler-unavailable")
        case Refused():
            return Fail(refused, f"the node scheduler said no ({problem})")
        case other:
            assert_never(other)
