"""Pages of what one owner had node-manager do, as LEDGER holds it: the last 30 days, oldest first."""

from dataclasses import dataclass

from bus import direct, ledger, subjects
from bus.operation import Operation, OpRef
from schemas.ids import Owner
from services.edge.context import Edge
from services.edge.event_query import EventQuery
from services.edge.patience import patience


@dataclass(frozen=True, slots=True)
class Opened:
    """Operations of every kind; `next` is the `after` of the next page (None: that was the last)."""

    operations: tuple[Operation, ...]
    next: int | None


async def opened(edge: Edge, owner: Owner, query: EventQuery) -> Opened:
    """The owner's operations that node-manager has opened, after the sequence that `query` names."""
    pattern = subjects.opened_by(owner, "node-manager")
    async with patience(edge.bus):
        found = await direct.following(edge.bus, ledger.STREAM, pattern, query.after or 0, query.limit, None)
        refs = [OpRef(owner, subjects.parse_saga(stored.subject).op) for stored in found]
        operations = [await ledger.read(edge.bus, ref) for ref in refs]
    last = found[-1].seq if len(found) == query.limit else None
    return Opened(tuple(op for op in operations if op is not None), last)
