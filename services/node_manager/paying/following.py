"""Following the payments of one node whose end is not known: the node says when something changes, and they are looked
at then.

The node is only asked while there are such payments, so that it rests when it may. Beside that their alarms ring, ever
more rarely: a crash here, or a node that cannot be asked (of an older rune, say), costs time and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import assert_never

import structlog

from bus import tasks
from bus.buckets.mirror import Mirror
from bus.client.connection import Bus
from bus.errors import BusError
from bus.operations import timers
from bus.operations.facts import OpRef
from proto import node_pb2
from schemas.ids import Owner
from schemas.records import Purse
from services.node_manager.greenlight.errors import Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Node

WAIT_S = 60.0
"""How long a node is waited for in one call."""
LOOK_S = 1.0
"""How often the mirror of the purses is looked at for such payments, and no two looks at them are nearer than that."""

log = structlog.stdlib.get_logger("node-manager")


@dataclass(frozen=True, slots=True)
class Following:
    """The payments that the owner's purse in `purses` has on node `node_id` (66 hex)."""

    bus: Bus
    purses: Mirror[Purse]
    owner: Owner
    node_id: str

    @asynccontextmanager
    async def running(self, node: Node) -> AsyncIterator[None]:
        """Follow them while the block runs."""
        task = asyncio.create_task(self._run(node), name=f"follow-{self.node_id[:12]}")
        try:
            yield
        finally:
            await tasks.end(task)

    def unknown(self) -> tuple[OpRef, ...]:
        """Those whose end is not known."""
        entry = self.purses.get(self.owner)
        outgoing = entry.value.outgoing if entry else ()
        return tuple(OpRef(self.owner, one.op) for one in outgoing if one.unknown and one.node_id == self.node_id)

    async def _run(self, node: Node) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                refused = await self._follow(node) if self.unknown() else None
            except BusError as error:
                log.warning("payments.bus-away", node=self.node_id, error=type(error).__name__)
                continue
            if refused is not None:
                log.info("payments.not-followed", node=self.node_id, why=str(refused))
                return

    async def _follow(self, node: Node) -> Refused | None:
        """Have them looked at now, and whenever the node changes something; return when there are none, or it does not
        answer."""
        index: int | None = None
        while refs := self.unknown():
            answer = await node.wait_send_pays(0 if index is None else index + 1, WAIT_S)
            match answer:
                case node_pb2.WaitResponse(updated=updated):
                    index = updated
                    for ref in refs:
                        await timers.tick(self.bus, "node-manager", ref)
                    await asyncio.sleep(LOOK_S)
                case Unclear("DEADLINE_EXCEEDED"):
                    pass  # nothing has changed
                case Unclear() | Unreachable():
                    return None
                case Refused():
                    return answer
                case _ as never:
                    assert_never(never)
        return None
