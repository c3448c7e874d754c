"""Core requests on `bus.subjects.RESOLVE`: any replica answers, each request in a task of its own, never a silence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bus.connection import Bus
from bus.subjects import RESOLVE
from schemas.base import UNREADABLE, encode
from schemas.resolve import Resolve, ResolveReply, Unresolved

QUEUE = "dnssec-verifier"
AT_ONCE = 64
LONGEST_QUESTION = 1024

log = structlog.stdlib.get_logger()

Answering = Callable[[str], Awaitable[ResolveReply]]


@asynccontextmanager
async def answering(bus: Bus, resolve: Answering) -> AsyncIterator[None]:
    """Requests are answered while the block runs, from its first line on; what was begun is finished after it."""
    room = asyncio.Semaphore(AT_ONCE)
    tasks: set[asyncio.Task[None]] = set()

    async def take(message: Msg) -> None:
        await room.acquire()
        task = asyncio.create_task(_answer(message, resolve))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: room.release())

    subscription = await bus.nc.subscribe(RESOLVE, queue=QUEUE, cb=take)
    await bus.flush()
    try:
        yield
    finally:
        if not bus.nc.is_closed:
            await subscription.unsubscribe()
        if tasks:
            await asyncio.wait(tasks)


async def _answer(message: Msg, resolve: Answering) -> None:
    if not message.reply:
        return
    reply = await _reply(message.data, resolve)
    try:
        await message.respond(encode(reply))
    except NatsError as error:
        log.warning("resolve.unanswered", name=reply.name, error=type(error).__name__)


async def _reply(payload: bytes, resolve: Answering) -> ResolveReply:
    try:
        request = msgspec.json.decode(payload[:LONGEST_QUESTION], type=Resolve)
    except UNREADABLE:
        return Unresolved(name="", verdict="indeterminate", code="invalid-body", detail="not a resolve request")
    reply = await resolve(request.name)
    log.info("resolved", name=reply.name, verdict=reply.verdict, result=type(reply).__name__.lower())
    return reply
