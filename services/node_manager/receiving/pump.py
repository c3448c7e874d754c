"""Finding what one node was paid, payment by payment, by its own count of paid invoices.

Crash between any two lines: the operation of a payment follows from its hash, and the index moves only after it is
opened, so whoever comes next finds that payment again, as the same operation. Two who find at once write the same.
A Greenlight node rests once nobody calls it, so it is asked only when its stream tells of a payment, and at the looks
that are made anyway; an owner's own node tells nothing and never rests, so it is asked to answer when it is paid.
A node that was deleted, and perhaps registered again, by whichever process, is not this one any more: its watch begins
anew, for else nobody would find what it is paid from then on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import assert_never

import structlog

from bus import tasks
from bus.buckets.kv import Entry
from bus.buckets.leases import Held
from bus.errors import BusError
from bus.operations import ledger
from proto import node_pb2
from schemas.base import utc_text
from schemas.ids import OpId
from schemas.receipts import receive_op
from schemas.records import NodeRecord, Receipts
from schemas.requests import PaymentReceive
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Node
from services.node_manager.receiving.origin import Origin, origin_of
from services.node_manager.receiving.pace import Pace
from services.node_manager.receiving.page import begin, move
from services.node_manager.receiving.receipt import CLN_NONE_IN_TIME, Nonsense, Receipt, Unreadable, read
from services.node_manager.receiving.standing import COUNT_DOES_NOT_RISE, Behind, InStep, settled_index
from services.node_manager.watch.page import Watched

WAIT_S = 300
"""How long an owner's own node is asked to wait for its next payment."""

BUS_AGAIN_S = 1.0
NODE_AGAIN_S = (0.5, 2.0, 10.0, 60.0)
"""Pauses before a node that did not answer is asked again; the last one from then on, while it seems to run."""

log = structlog.stdlib.get_logger("node-manager")


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Everything that was paid is found."""


@dataclass(frozen=True, slots=True)
class Over:
    """Nobody here is to go on."""

    why: str


@dataclass(frozen=True, slots=True)
class Ousted:
    """Somebody else has moved the index; if the lease is still ours, their last word was their last."""


End = CaughtUp | Over | Ousted | CallProblem


class Pump:
    """What the node of `watched` was paid, while `held` is ours. `ring` it when there may be something.

    Once it `is_over` nobody finds anything, and whoever watches begins anew.
    """

    def __init__(self, desk: Desk, watched: Watched, held: Held) -> None:
        self._desk, self._watched, self._held = desk, watched, held
        self._bell = asyncio.Event()
        self._is_checked = False
        self._pace = Pace()
        self.is_over = False

    def ring(self) -> None:
        """The node may have been paid."""
        self._bell.set()

    @asynccontextmanager
    async def running(
        self, node: Node, registered: OpId, heard: Callable[[], None], *, waits: bool
    ) -> AsyncIterator[None]:
        """Find while the block runs; `heard` is told of each payment. `waits`: the node tells nothing of itself.

        `registered` is the operation by which the node came to us, with what `node` is spoken to by.
        """
        self._is_checked = False  # it may have been set back while it did not run
        self.is_over = False
        self.ring()
        finding = self._run(node, registered, heard, waits=waits)
        task = asyncio.create_task(finding, name=f"receipts-{self._watched.node_id[:12]}")
        try:
            yield
        finally:
            await tasks.end(task)

    async def _run(self, node: Node, registered: OpId, heard: Callable[[], None], *, waits: bool) -> None:
        vain = 0
        while True:
            await self._bell.wait()
            self._bell.clear()
            try:
                end = await self.find(node, registered, heard, WAIT_S if waits else 0)
            except BusError as error:
                log.warning("receipts.bus-away", node=self._watched.node_id, error=type(error).__name__)
                await asyncio.sleep(BUS_AGAIN_S)
                self.ring()
                continue
            except Exception as error:  # noqa: BLE001  one node's one top level: its next look rings again
                log.error("receipts.failed", node=self._watched.node_id, error_type=type(error).__name__)
                continue
            match end:
                case CaughtUp():
                    if waits:
                        self.ring()
                case Ousted():
                    self.ring()
                case Unreachable() | Unclear():
                    await asyncio.sleep(NODE_AGAIN_S[min(vain, len(NODE_AGAIN_S) - 1)])
                    self.ring()
                    vain += 1
                    continue
                case Refused():
                    # An older rune, say; or the node's trouble of a moment: the next look rings, and it is asked again.
                    log.warning("receipts.refused", node=self._watched.node_id, why=str(end))
                case Over():
                    log.warning("receipts.over", node=self._watched.node_id, why=end.why)
                    self.is_over = True
                    heard()
                    return
                case _ as never:
                    assert_never(never)
            vain = 0

    async def find(self, node: Node, registered: OpId, heard: Callable[[], None], within_s: int = 0) -> End:
        """Open the operation of each payment that has none yet, waiting for the next one up to `within_s` seconds."""
        record = await self._desk.book.record(self._watched.owner, self._watched.node_id)
        if record is None or record.value.op != registered:
            return Over("no such node" if record is None else "registered again")
        standing = await self._standing(node)
        while isinstance(standing, Entry):
            if not self._held:
                return Over("lease lost")
            index = standing.value.index or 0
            answer = await node.wait_any_invoice(index, within_s)
            if isinstance(answer, Refused) and answer.cln_code == CLN_NONE_IN_TIME:
                return CaughtUp()
            if not isinstance(answer, node_pb2.WaitanyinvoiceResponse):
                return answer
            standing = await self._found(node, record.value, standing, read(answer, index), heard)
            await asyncio.sleep(self._pace.pause_s(time.monotonic()))
        return standing

    async def _standing(self, node: Node) -> Entry[Receipts] | Ousted | CallProblem:
        """Where we stand, once it is sure that the node stands there too."""
        watched = self._watched
        entry = await begin(self._desk.receipts, watched.owner, watched.node_id, self._desk.clock())
        if self._is_checked and entry.value.index is not None:  # without one nobody has said yet where to begin
            return entry
        judged = await settled_index(node, entry.value, self._desk.clock())
        match judged:
            case InStep():
                self._is_checked = True
                return entry
            case Behind(index=index):
                if entry.value.index is not None:
                    log.warning("receipts.set-back", node=watched.node_id, known=entry.value.index, now=index)
                moved = await move(self._desk.receipts, entry, index, "")
                self._is_checked = moved is not None
                return moved or Ousted()
            case Unreachable() | Unclear() | Refused():
                return judged
            case _ as never:
                assert_never(never)

    async def _found(
        self,
        node: Node,
        record: NodeRecord,
        standing: Entry[Receipts],
        found: Receipt | Unreadable | Nonsense,
        heard: Callable[[], None],
    ) -> Entry[Receipts] | Ousted | CallProblem:
        match found:
            case Nonsense():
                return Refused(COUNT_DOES_NOT_RISE)
            case Unreadable(pay_index=index, why=why):
                log.warning("receipts.unreadable", node=record.node_id, index=index, why=why)
                return await move(self._desk.receipts, standing, index, "") or Ousted()
            case Receipt():
                origin = await origin_of(node, found)
                if not isinstance(origin, Origin):
                    return origin
                await ledger.open_operation(self._desk.bus, self._request(record, found, origin))
                moved = await move(self._desk.receipts, standing, found.pay_index, found.payment_hash.hex())
                heard()
                return moved or Ousted()
            case _ as never:
                assert_never(never)

    def _request(self, record: NodeRecord, found: Receipt, origin: Origin) -> PaymentReceive:
        offer = origin.offer
        return PaymentReceive(
            op=receive_op(record.owner, record.node_id, found.payment_hash.hex()),
            owner=record.owner,
            pubkey=record.pubkey,
            body_sha256="",
            asked_at=utc_text(self._desk.clock()),
            node_id=record.node_id,
            payment_hash=found.payment_hash.hex(),
            amount_msat=str(found.msat),
            paid_at=found.paid_at,
            pay_index=found.pay_index,
            invoice_id=origin.invoice.op if origin.invoice else None,
            offer_id=offer.offer if offer else None,
            version=offer.op if offer else None,
            description=found.description,
            payer_note=origin.payer_note,
        )
