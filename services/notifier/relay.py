"""From LEDGER to the owner: every fact in the order in which it happened, once; and the record of what is finished.

A delivered fact only says that there is news: what is told is every fact of that owner that has not been told, by
rising LEDGER sequence, so the order holds over all of an owner's operations whatever order deliveries come in, and a
redelivery finds nothing left to do. What has been told is read from NOTIFY itself; a crash between the write and the
acknowledgement changes nothing.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from bus.client.connection import Bus
from bus.client.delivery import Delivery, Handled, Refused, Verdict
from bus.errors import Undecodable
from bus.operations import ledger, timers
from bus.operations.chronicle import Unreadable, facts_of_owner
from bus.operations.facts import OpRef
from bus.tables import subjects
from schemas.flows import NOBODY
from schemas.ids import Owner
from services.notifier.folding import folded
from services.notifier.history_log import write_once
from services.notifier.notify_log import NotifyLog
from services.notifier.told import notification_of
from services.notifier.turns import Turns

log = structlog.stdlib.get_logger("notifier")

CONFLICT_PAUSE_S = 0.02


class Relay:
    """Serves the durables `notifier` on LEDGER and `tick-relay` on TIMERS."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._notify = NotifyLog(bus)
        self._turns = Turns()

    async def on_fact(self, delivery: Delivery) -> Verdict:
        """One fact was stored. While the bus is away nothing is told out of order: this one keeps its owner's turn."""
        news = subjects.parse_saga(delivery.subject)
        ref = OpRef(news.owner, news.op)
        async with self._turns.turn(ref.owner):
            await _insist(lambda: self._tell(ref.owner, delivery.seq))
            if news.next == NOBODY:
                return await self._fold(ref, delivery.seq)
        return Handled()

    async def on_tick(self, delivery: Delivery) -> Verdict:
        """An operator wants an operation looked at again: tell and fold what was not."""
        try:
            ref = timers.ref_of(delivery.subject, delivery.data)
            op = await ledger.read(self._bus, ref)
        except Undecodable as error:
            return Refused("not an alarm of an operation that can be read", type(error).__name__)
        if op is None:
            return Handled()
        async with self._turns.turn(ref.owner):
            await _insist(lambda: self._tell(ref.owner, op.last_seq))
            return await self._fold(ref, op.last_seq)

    async def _fold(self, ref: OpRef, seq: int) -> Verdict:
        """Write the record of the operation if the fact that nobody follows finished it (a note does not)."""
        try:
            op = await ledger.read_at_least(self._bus, ref, seq)
            record = None if op is None else folded(op)
        except Undecodable as error:
            return Refused("a fact of its operation cannot be read", type(error).__name__)
        if op is None:
            return Refused("a fact of no operation")
        if record is not None:
            await _insist(lambda: write_once(self._bus, ref.owner, record, op.facts[-1].at))
        return Handled()

    async def give_up(self, delivery: Delivery, why: Refused) -> None:
        """What cannot be read stays untold; the fact lies in DLQ."""
        log.error("fact.untold", subject=delivery.subject, seq=delivery.seq, why=why.error_type or why.reason)

    async def _tell(self, owner: Owner, delivered_seq: int) -> bool:
        """Tell what has not been told; False if somebody else told the owner something meanwhile."""
        told = await self._notify.told(owner)
        if told >= delivered_seq:
            return True
        for news in await facts_of_owner(self._bus, owner, told, at_least=delivered_seq):
            if isinstance(news, Unreadable):
                # It must not hold up what came after it; its own delivery takes it to the dead letters.
                log.error("fact.unreadable", subject=news.subject, seq=news.seq)
                continue
            notification = notification_of(news)
            if notification is None:
                continue
            if not await self._notify.append(owner, notification):
                return False
            log.info("told", op=news.op, owner=owner, type=notification.type, seq=news.fact.seq)
        return True


async def _insist(work: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await work():
            return
        await asyncio.sleep(CONFLICT_PAUSE_S * random.random())  # noqa: S311  jitter is no secret
