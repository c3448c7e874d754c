"""Starting a node: whoever needs it asks here, and one process at a time asks the scheduler for it.

The lease spares the scheduler a crowd; starting twice changes nothing, a running node is only said to run.
"""

from bus.buckets.leases import held
from bus.client.connection import Bus
from services.node_manager.greenlight.channels import Identity
from services.node_manager.greenlight.errors import CallProblem
from services.node_manager.greenlight.scheduler import Booting, Running, Scheduler

LEASE_S = 15.0
"""How long others wait for a starter that died."""


async def started(bus: Bus, scheduler: Scheduler, node_id: str, device: Identity) -> Running | Booting | CallProblem:
    """Where the node (66 hex) answers, started if it did not run; Booting while somebody else starts it."""
    place = await scheduler.look(bytes.fromhex(node_id), device)
    if not isinstance(place, Booting):
        return place
    async with held(bus, f"start-{node_id}", LEASE_S) as alone:
        return await scheduler.schedule(bytes.fromhex(node_id), device) if alone else place
