"""What a process looks at first when it starts: payments that a node was told to make and whose end is not known."""

import structlog

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.operations import timers
from bus.operations.facts import OpRef
from schemas.ids import Owner
from schemas.records import Purse

ALL = ">"

log = structlog.stdlib.get_logger("node-manager")


async def look_at_all(bus: Bus, purses: Bucket[Purse]) -> None:
    """Have each looked at now, and not when its alarm would have rung; looking twice does no harm."""
    count = 0
    async for owner, entry in purses.walk(ALL):
        for one in entry.value.outgoing:
            if one.attempts:
                await timers.tick(bus, "node-manager", OpRef(Owner(owner), one.op))
                count += 1
    if count:
        log.info("payments.reconciling", count=count)
