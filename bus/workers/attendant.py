"""One policy for every durable: stay alive while working, classify what came out, retry with backoff, bury, give up.

Guarantees: a delivery is acknowledged only after its verdict; an exception is an unknown outcome and brings the message
back later (law 4); what fails on its last try is copied to DLQ first, then given up, then terminated, so that a crash
between two of these repeats them and loses nothing. While the bus is away nothing is given up and no try is used. What
kills the process again and again is given up by one that does not work on it any more (`bus.workers.trials`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TypeVar, assert_never

import structlog
from nats.aio.msg import Msg

from bus.backoff import retry_after
from bus.client.connection import Bus
from bus.client.delivery import Delivery, Handled, Later, Refused, Verdict
from bus.dead_letters import burying
from bus.errors import BusUnavailable
from bus.tables.streams import ConsumerSpec
from bus.workers.trials import Ruling, Trials

T = TypeVar("T")

log = structlog.stdlib.get_logger("bus")

Attend = Callable[[Delivery], Awaitable[Verdict]]
GiveUp = Callable[[Delivery, Refused], Awaitable[None]]

KILLER = Refused("every process that worked on it died", "Died", deadly=True)


class Attendant:
    """`attend` does the work of one delivery; `give_up` says what follows for the operation when it never succeeds.

    Attendants of one process share `trials`.
    """

    def __init__(
        self, bus: Bus, consumer: ConsumerSpec, attend: Attend, give_up: GiveUp, trials: Trials | None = None
    ) -> None:
        self._bus = bus
        self._consumer = consumer
        self._attend = attend
        self._give_up = give_up
        self._trials = trials or Trials(bus)

    async def on_message(self, message: Msg) -> None:
        """Attend to one message and answer it (the puller hands it back when it cancels us)."""
        delivery = Delivery(message, self._consumer, self._bus.nc)
        async with delivery.kept_alive(self._bus.settings.ack_wait_s / 3):
            verdict = await self._tried(delivery)
        if verdict is not None:
            await self._answer(delivery, verdict)

    async def _tried(self, delivery: Delivery) -> Verdict | None:
        async with AsyncExitStack() as stack:
            # Within the stack and not around the work: an exception of the work is not one of the trial.
            ruling = await self._patiently(lambda _: stack.enter_async_context(self._trials.held(delivery)))
            return await self._ruled(delivery, ruling)

    async def _ruled(self, delivery: Delivery, ruling: Ruling | Exception) -> Verdict | None:
        match ruling:
            case "fair":
                return await self._verdict(delivery)
            case "convicted":
                await self._bury(delivery, KILLER)
                return KILLER
            case "hopeless":
                # Unanswered, it is delivered to its end; then the server says so, and the notifier buries it.
                log.error("delivery.hopeless", **_about(delivery))
                return None
            case Exception():
                log.warning("delivery.untried", error_type=type(ruling).__name__, **_about(delivery))
                return await self._verdict(delivery)
            case _ as never:
                assert_never(never)

    async def _verdict(self, delivery: Delivery) -> Verdict:
        result = await self._patiently(lambda attempt: self._attend(replace(delivery, attempt=attempt)))
        if isinstance(result, Exception):
            where = _where(result)
            log.warning("delivery.unknown", error_type=type(result).__name__, where=where, **_about(delivery))
            verdict: Verdict = Refused("it kept failing", type(result).__name__)
        else:
            verdict = result
        match verdict:
            case Refused() if isinstance(result, Exception) and not delivery.is_last_try:
                return Later(retry_after(delivery.tries, random.random()))  # noqa: S311  jitter is no secret
            case Later() if delivery.is_last_wait:
                verdict = Refused("it kept asking to wait")
        if isinstance(verdict, Refused):
            await self._bury(delivery, verdict)
        return verdict

    async def _bury(self, delivery: Delivery, refused: Refused) -> None:
        async def all_of_it(_: int) -> Verdict:
            await burying.bury(self._bus, delivery, refused.reason, refused.error_type)
            await self._give_up(delivery, refused)
            return refused

        result = await self._patiently(all_of_it)
        if isinstance(result, Exception):
            log.error(
                "delivery.not-given-up", error_type=type(result).__name__, where=_where(result), **_about(delivery)
            )

    async def _patiently(self, work: Callable[[int], Awaitable[T]]) -> T | Exception:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await work(attempt)
            except BusUnavailable:
                log.warning("delivery.bus-away", consumer=self._consumer.name)
                await asyncio.sleep(min(5.0, retry_after(attempt, random.random())))  # noqa: S311  jitter
            except Exception as error:  # noqa: BLE001  the worker loop's one top-level catch: the outcome is unknown
                return error

    async def _answer(self, delivery: Delivery, verdict: Verdict) -> None:
        match verdict:
            case Handled():
                await delivery.ack()
            case Later(after_s=after_s):
                await delivery.nak(after_s)
            case Refused(reason=reason):
                await delivery.term(reason)
            case _ as never:
                assert_never(never)


def _about(delivery: Delivery) -> dict[str, object]:
    return {
        "consumer": delivery.consumer.name,
        "seq": delivery.seq,
        "subject": delivery.subject,
        "tries": delivery.tries,
    }


def _where(error: Exception) -> str:
    """`file:line` where `error` was raised: its text could hold what must not be logged."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{frame.tb_lineno}" if frame else "-"
