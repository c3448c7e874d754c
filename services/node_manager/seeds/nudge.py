"""A seed that arrives: its operation goes on at once if it waits for it, and the seed goes if nothing needs it."""

import structlog

from bus.client.connection import Bus
from bus.errors import BusUnavailable
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from bus.operations.timers import tick
from schemas.ids import OpId, Owner

_log = structlog.stdlib.get_logger("node-manager")


async def nudge(bus: Bus, owner: Owner, op: OpId) -> bool:
    """Have node-manager look at `op` now, if it exists already; whether its seed is (or may be) needed at all."""
    ref = OpRef(owner, op)
    try:
        found = await ledger.read(bus, ref)
        if found is None:
            return True  # as usual: the seed is here first, the request follows
        if not needs_seed(found):
            return False
        await tick(bus, "node-manager", ref)
    except BusUnavailable:
        _log.info("seed.arrival-not-told", op=op)
    return True


def needs_seed(op: Operation) -> bool:
    """Whether `op` has still to register its node."""
    return op.flow.name == "node.register" and not op.has("registered") and isinstance(slip.position(op), slip.Todo)
