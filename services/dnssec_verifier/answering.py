"""Core requests that any replica answers: each in a task of its own, a bounded number at once, and never a silence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bus.client.connection import Bus
from schemas.base import UNREADABLE, Wire, encode
from schemas.proofs import MOST_PROOF_BYTES, ProofAnswer, ProofFails, VerifyProof
from schemas.resolve import Resolve, ResolveReply, Unresolved

QUEUE = "dnssec-verifier"
AT_ONCE = 64
LONGEST_NAME_QUESTION = 1024
LONGEST_PROOF_QUESTION = LONGEST_NAME_QUESTION + MOST_PROOF_BYTES * 4 // 3

log = structlog.stdlib.get_logger()

Answering = Callable[[bytes], Awaitable[Wire]]
"""From the payload of a request to the reply; raises for nothing that stands in the payload."""


@asynccontextmanager
async def answering(bus: Bus, answers: Mapping[str, Answering]) -> AsyncIterator[None]:
    """Requests on the subjects of `answers` are answered while the block runs, from its first line on.

    What was begun is finished after it.
    """
    room = asyncio.Semaphore(AT_ONCE)
    tasks: set[asyncio.Task[None]] = set()
    async with AsyncExitStack() as stack:
        for subject, answer in answers.items():
            await stack.enter_async_context(_subscribed(bus, subject, answer, room, tasks))
        await bus.flush()
        try:
            yield
        finally:
            await stack.aclose()
            if tasks:
                await asyncio.wait(tasks)


@asynccontextmanager
async def _subscribed(
    bus: Bus, subject: str, answer: Answering, room: asyncio.Semaphore, tasks: "set[asyncio.Task[None]]"
) -> AsyncIterator[None]:
    async def take(message: Msg) -> None:
        await room.acquire()
        task = asyncio.create_task(_respond(message, answer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: room.release())

    subscription = await bus.nc.subscribe(subject, queue=QUEUE, cb=take)
    try:
        yield
    finally:
        if not bus.nc.is_closed:
            await subscription.unsubscribe()


async def _respond(message: Msg, answer: Answering) -> None:
    if not message.reply:
        return
    reply = await answer(message.data)
    try:
        await message.respond(encode(reply))
    except NatsError as error:
        log.warning("request.unanswered", subject=message.subject, error=type(error).__name__)


def resolving(resolve: Callable[[str], Awaitable[ResolveReply]]) -> Answering:
    """`resolve` as it is asked on `bus.tables.subjects.RESOLVE`."""

    async def answer(payload: bytes) -> ResolveReply:
        try:
            request = msgspec.json.decode(payload[:LONGEST_NAME_QUESTION], type=Resolve)
        except UNREADABLE:
            return Unresolved(name="", verdict="indeterminate", code="invalid-body", detail="not a resolve request")
        reply = await resolve(request.name)
        log.info("resolved", name=reply.name, verdict=reply.verdict, result=type(reply).__name__.lower())
        return reply

    return answer


def checking(check: Callable[[VerifyProof], ProofAnswer]) -> Answering:
    """`check` as it is asked on `bus.tables.subjects.VERIFY_PROOF`."""

    async def answer(payload: bytes) -> ProofAnswer:
        try:
            request = msgspec.json.decode(payload[:LONGEST_PROOF_QUESTION], type=VerifyProof)
        except UNREADABLE:
            explanation = "not a request to verify a proof"
            return ProofFails(name="", verdict="unreadable", reason="invalid-body", where="", explanation=explanation)
        reply = check(request)
        log.info("proof.checked", name=reply.name, verdict=reply.verdict, result=type(reply).__name__.lower())
        return reply

    return answer
