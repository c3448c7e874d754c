"""A finished operation as one record of HISTORY. Pure."""

from bus.operations.facts import Operation
from bus.operations.slip import Finished, position
from schemas.base import utc_text
from schemas.facts import Cancelled, Failed, FailedDirty
from schemas.notifications import History


def folded(op: Operation) -> History | None:
    """The record of `op`, or None while somebody still has to act, and for what is no more than news."""
    where = position(op)
    if not isinstance(where, Finished) or op.flow.quiet:
        return None
    return History(
        op=op.ref.op,
        flow=op.flow.name,
        state=where.ending,
        started_at=utc_text(op.facts[0].at),
        finished_at=utc_text(op.facts[-1].at),
        facts=tuple(fact.name for fact in op.facts),
        code=_code(op),
    )


def _code(op: Operation) -> str | None:
    bodies = [fact.body for fact in op.facts]
    if any(isinstance(body, FailedDirty) for body in bodies):
        return "failed-dirty"
    if any(isinstance(body, Cancelled) for body in bodies):
        return "operation-cancelled"
    return next((body.code for body in bodies if isinstance(body, Failed)), None)
