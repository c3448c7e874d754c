"""What one watcher knows of its node's readiness from look to look, and what it does about it."""

from dataclasses import dataclass, field

import structlog

from bus.operations import ledger
from proto import node_pb2
from schemas.base import utc_text
from schemas.ids import Owner, op_of
from schemas.requests import NodeRestart
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import CallProblem
from services.node_manager.greenlight.node import Node
from services.node_manager.lifecycle.news import News
from services.node_manager.lifecycle.readiness import Evidence, Standing, evidence, standing, turned
from services.node_manager.lifecycle.turning import tell, turn
from services.node_manager.lifecycle.wedge import SILENT_LOOKS, WITHIN_S

log = structlog.stdlib.get_logger("node-manager")


@dataclass(slots=True)
class Condition:
    """One node of `owner`."""

    desk: Desk
    owner: Owner
    node_id: str
    _before: Standing | None = None
    _silent: int = 0
    _news: News = field(default_factory=News)

    async def look(self, node: Node) -> CallProblem | None:
        """Ask a running node how it is; what stands in the way if it does not say."""
        info = await node.getinfo()
        if not isinstance(info, node_pb2.GetinfoResponse):
            return info
        peers = await node.list_peers()
        if not isinstance(peers, node_pb2.ListpeersResponse):
            return peers
        self._silent = 0
        await self.seen(evidence(info, peers, signed_lately=node.signed_lately))
        return None

    async def seen(self, what: Evidence, *, last: bool = False) -> None:
        """Write down and tell what was seen, if it is a turn.

        The `last` one is told however much was: nobody looks at the node any more, who could make it good.
        """
        now = standing(what)
        record = await self.desk.book.record(self.owner, self.node_id)
        if record is None:
            return
        shown = Standing(record.value.state, record.value.signer)
        bus, book, at = self.desk.bus, self.desk.book, self.desk.clock()
        if record.value.told < record.value.turn:
            await tell(bus, book, record.value)  # whoever wrote it died before telling it
        owed = record.value.owed and self._news.has_room(at)
        if owed or turned(shown, self._before, now):
            may_tell = self._news.may_tell(at) or last
            await turn(bus, book, self.owner, self.node_id, now, is_told=may_tell, is_owed=owed)
        self._before = now

    async def silent(self, uri: str) -> None:
        """A call to the node, which runs at `uri`, ran into its deadline; after some of them it is stuck."""
        self._silent += 1
        if self._silent < SILENT_LOOKS:
            return
        self._silent = 0
        record = await self.desk.book.record(self.owner, self.node_id)
        if record is None:
            return
        # Whoever finds it stuck since its last restart asks for the same one; an hour later for another.
        last = record.value.restarts[-1] if record.value.restarts else 0
        hour = int(self.desk.clock() // WITHIN_S)
        request = NodeRestart(
            op=op_of(self.owner, f"node.restart/{self.node_id}/{record.value.op}/{uri}/{last}/{hour}"),
            owner=self.owner,
            pubkey=record.value.pubkey,
            body_sha256="",
            asked_at=utc_text(self.desk.clock()),
            node_id=self.node_id,
        )
        log.warning("node.stuck", node=self.node_id, owner=self.owner, op=request.op)
        await ledger.open_operation(self.desk.bus, request)
