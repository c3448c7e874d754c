"""Step `tell` of `username.health`: the owner learns how the name is and what they can do about it."""

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Turned
from schemas.flows import Step
from schemas.health import WHAT_TO_DO
from schemas.requests import UsernameHealth


class Tell(NothingToUndo):
    """Handler of the step."""

    __slots__ = ()

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Say what was seen; nothing is looked at again."""
        request = op.request
        if not isinstance(request, UsernameHealth):
            raise TypeError(f"operation {op.ref.op} tells of no name's health")
        return Done(
            Turned(
                name=f"{request.username}@{request.domain}",
                aspect=request.aspect,
                state=request.state,
                was=request.was,
                since=request.since,
                reason=request.reason,
                what_to_do=WHAT_TO_DO.get(request.reason, ""),
            )
        )
