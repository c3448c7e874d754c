"""One process's door for what Greenlight posts: `sec.node.hook`, answered by any node-manager.

A hostile message gets a refusal; it never ends the door and is never logged. What is signed opens an operation whose id
follows from the event, so that a post that comes again is the same one.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus.client.connection import Bus
from bus.errors import BusError
from bus.operations import ledger
from bus.tables import subjects
from schemas.base import UNREADABLE, utc_text
from schemas.hooks import GreenlightEvent, HookCall, HookRefused, HookReply, HookTaken, hook_in
from schemas.ids import Owner, op_of
from schemas.requests import NodeLag
from services.node_manager.doors.held import respond, unsubscribe
from services.node_manager.hooks.reading import event_in, is_signed
from services.node_manager.keep.book import NodeBook, Page
from services.node_manager.keep.envelope import EnvelopeRefused, KeyUnavailable

QUEUE = "node-manager"
AT_ONCE = 16
BUSY = 256
"""Posts that wait or are looked at; more are dropped, and Greenlight posts again."""

log = structlog.stdlib.get_logger("node-manager")


class HookDoor:
    """`sec` is the connection as `sec-node-manager`; `touch` is told of a node about which something was posted."""

    def __init__(self, sec: Bus, bus: Bus, book: NodeBook, touch: Callable[[Owner, str], Awaitable[None]]) -> None:
        self._sec, self._bus, self._book, self._touch = sec, bus, book, touch
        self._open: Subscription | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> None:
        """Take posts in from now on."""
        self._open = await self._sec.nc.subscribe(subjects.NODE_HOOK, queue=QUEUE, cb=self._begin)
        await self._sec.flush(10)

    async def stop(self) -> None:
        """Take nothing more."""
        if self._open is not None:
            await unsubscribe(self._open)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _begin(self, message: Msg) -> None:
        if len(self._tasks) < BUSY:
            task = asyncio.create_task(self._serve(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, message: Msg) -> None:
        async with self._turn:
            try:
                await respond(message, await self._taken(message.data))
            except (BusError, EnvelopeRefused, KeyUnavailable) as error:
                log.warning("hook.unanswered", error=type(error).__name__)

    async def _taken(self, data: bytes) -> HookReply:
        try:
            call = msgspec.json.decode(data, type=HookCall)
        except UNREADABLE:
            return HookRefused(code="bad-request")
        for owner in await self._book.owners_of(call.node_id):
            page = await self._book.read(owner, call.node_id)
            if page is not None and _is_posted_to(page, call):
                return await self._heard(page, call.body)
        return HookRefused(code="hook-unknown")

    async def _heard(self, page: Page, body: bytes) -> HookReply:
        event, record = event_in(body), page.record
        if event is None:
            log.warning("hook.unreadable", node=record.node_id)
            return HookRefused(code="invalid-body")
        log.info("hook.heard", node=record.node_id, owner=record.owner, kind=event.event_type[:32])
        await self._touch(record.owner, record.node_id)
        if event.event_type == "node_stuck" and record.leaving is None:
            await self._tell(page, event)
        return HookTaken()

    async def _tell(self, page: Page, event: GreenlightEvent) -> None:
        record = page.record
        request = NodeLag(
            op=op_of(record.owner, f"node.lag/{record.node_id}/{record.op}/{event.event_id}"),
            owner=record.owner,
            pubkey=record.pubkey,
            body_sha256="",
            asked_at=utc_text(self._bus.clock.now()),
            node_id=record.node_id,
            block_height=event.blockheight,
            head_height=event.headheight,
            lag=event.lag,
        )
        await ledger.open_operation(self._bus, request)


def _is_posted_to(page: Page, call: HookCall) -> bool:
    known = page.credentials
    return hook_in(known.hook_url) == call.hook and is_signed(call.body, call.signature, known.hook_secret)
