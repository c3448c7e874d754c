"""What a look has shown is written down, and its owner told of it once.

The record counts its turns and how many of them were told. A turn is written by compare-and-set, told by opening the
operation that its number stands for, and then counted as told: crash between any two of these, and whoever looks at the
node next (or starts next, `tell_rest`) tells it, as the same operation. None is written before the last was told.
"""

import msgspec
import structlog

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.operations import ledger
from schemas.base import utc_text
from schemas.ids import Owner, op_of
from schemas.records import NodeRecord
from schemas.requests import NodeTurn
from services.node_manager.keep.book import NodeBook
from services.node_manager.keep.views import EVERY_NODE
from services.node_manager.lifecycle.readiness import Standing

log = structlog.stdlib.get_logger("node-manager")


async def turn(
    bus: Bus, book: NodeBook, owner: Owner, node_id: str, to: Standing, *, is_told: bool = True, is_owed: bool = False
) -> None:
    """The node was seen to stand at `to`: write that if it is news and, if it is to be told, tell its owner.

    What is `is_owed` is told though it was written before.
    """

    def turned(record: NodeRecord) -> NodeRecord:
        same = (record.state, record.signer) == (to.state, to.signer) and not is_owed
        if same or record.told < record.turn or record.leaving is not None:
            return record  # the last turn is told first; the next look finds this one again
        return msgspec.structs.replace(
            record, state=to.state, signer=to.signer, turn=record.turn + is_told, owed=not is_told
        )

    changed = await book.change(owner, node_id, turned)
    if changed is not None and changed.value.told < changed.value.turn:
        log.info("node.turned", node=node_id, owner=owner, state=changed.value.state, signer=changed.value.signer)
        await tell(bus, book, changed.value)


async def tell_rest(bus: Bus, book: NodeBook, records: Bucket[NodeRecord]) -> None:
    """Tell every turn that somebody wrote and died before telling it."""
    async for _, entry in records.walk(EVERY_NODE):
        if entry.value.told < entry.value.turn:
            await tell(bus, book, entry.value)


async def tell(bus: Bus, book: NodeBook, record: NodeRecord) -> None:
    """Tell the turn that `record` stands at, as the one operation that it is, and count it as told."""
    request = NodeTurn(
        op=op_of(record.owner, f"node.turn/{record.node_id}/{record.op}/{record.turn}"),
        owner=record.owner,
        pubkey=record.pubkey,
        body_sha256="",
        asked_at=utc_text(bus.clock.now()),
        node_id=record.node_id,
        state=record.state,
        signer=record.signer,
    )
    await ledger.open_operation(bus, request)

    def told(standing: NodeRecord) -> NodeRecord:
        mine = standing.op == record.op and standing.told < record.turn <= standing.turn
        return msgspec.structs.replace(standing, told=record.turn) if mine else standing

    await book.change(record.owner, record.node_id, told)
