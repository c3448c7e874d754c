"""Step `unused` of `node.delete`: no name and no other offer of the owner's pays the node, or is about to.

A place is held before an offer is made for it, and until nothing of it is active; and nothing is offered on a node that
is leaving: so what an owner holds now is all that can pay it.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import NodeUnused
from schemas.flows import Step
from schemas.names import NameProblem, name_key, parse_name
from schemas.records import NameRecord
from schemas.requests import NodeDelete
from services.offer_builder.desk import Desk


@dataclass(frozen=True, slots=True)
class Unused(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Look at every name and every offer that the owner holds."""
        request = op.request
        if not isinstance(request, NodeDelete):
            raise TypeError(f"operation {op.ref.op} deletes no node")
        for holding in await self.desk.places.held(op.ref.owner):
            name = parse_name(holding.name)
            entry = None if isinstance(name, NameProblem) else await self.desk.names.get(name_key(name))
            if entry is not None and _may_pay(entry.value, request.node_id):
                return Fail("node-in-use", f"{entry.value.name} pays it", clean=True)
        for offer in await self.desk.offers.held(op.ref.owner):
            record = await self.desk.offers.read(op.ref.owner, offer)
            if record is not None and record.value.node_id == request.node_id and record.value.state != "used":
                return Fail("node-in-use", f"offer {offer} pays it; disable it first", clean=True)
        return Done(NodeUnused(node_id=request.node_id))


def _may_pay(record: NameRecord, node_id: str) -> bool:
    """Whether the name pays the node, or may come to: what a change makes it pay is not in its record yet."""
    is_changing = record.state in ("active", "paused") and record.changing is not None
    return record.state != "quarantined" and (record.node_id == node_id or is_changing)
