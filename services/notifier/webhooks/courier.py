"""From a notification to a receiver: deliveries are made, attempted, put off and finished, each step written first.

Order, so that a crash at any line repeats and loses nothing: the alarm, then the record, then the acknowledgement. An
attempt begins with a claim in its record (compare-and-set), so two processes never send the same at once; it runs
beside the acknowledgements, so a receiver that hangs holds no message that others wait behind.
"""

import time
from typing import assert_never

import msgspec
import structlog

from bus.buckets.kv import Bucket, Entry
from bus.client.connection import Bus
from bus.client.delivery import Delivery as Message
from bus.client.delivery import Handled, Later, Refused, Verdict
from schemas.base import UNREADABLE, encode
from schemas.ids import Owner, is_token
from schemas.notifications import Notification
from schemas.webhooks import OWN_EVENTS, PING, Delivery, DeliveryRef, Webhook, WebhookEvent, delivery_id_of, wants
from services.notifier.webhooks import course
from services.notifier.webhooks.alarm import set_alarm, turn_comes_by
from services.notifier.webhooks.attempts import Attempts
from services.notifier.webhooks.book import WebhookBook
from services.notifier.webhooks.course import Become, Go, NotYet, Over, UnderWay
from services.notifier.webhooks.lanes import Lanes

log = structlog.stdlib.get_logger("notifier")

MARGIN_S = 0.1
RECORD_COMES_S = 2.0
"""An alarm may ring before its record stands, if whoever set it died in between; the notification comes again."""


class Courier:
    """Serves the durables `webhooks` on NOTIFY and `tick-webhook` on TIMERS."""

    def __init__(self, bus: Bus, book: WebhookBook, attempts: Attempts) -> None:
        self._bus = bus
        self._book = book
        self._deliveries = Bucket(bus, "deliveries", Delivery)
        self._lanes = Lanes()
        self._attempts = attempts
        attempts.on_free = self._freed

    async def on_notification(self, message: Message) -> Verdict:
        """An owner was told something: one delivery for each webhook that wants it, if there is none yet."""
        try:
            told = msgspec.json.decode(message.data, type=Notification)
        except UNREADABLE as error:
            return Refused("not a notification", type(error).__name__)
        owner = Owner(message.subject.rpartition(".")[2])
        if told.type.startswith(OWN_EVENTS):
            return Handled()
        roll = await self._book.read(owner)
        for hook in roll.hooks if roll else ():
            if message.seq > hook.after_seq and wants(hook.events, told.type):
                await self.make(_delivery(owner, hook, told, message.seq), hook)
        return Handled()

    async def on_tick(self, message: Message) -> Verdict:
        """A delivery's alarm rang."""
        try:
            ref = msgspec.json.decode(message.data, type=DeliveryRef)
        except UNREADABLE as error:
            return Refused("not an alarm", type(error).__name__)
        if not all(map(is_token, (ref.owner, ref.webhook_id, ref.id))):
            return Refused("an alarm of no delivery")
        if message.subject.rpartition(".")[2] != ref.id:
            return Refused("the alarm's subject names another delivery")
        return await self.look(ref)

    async def give_up(self, message: Message, why: Refused) -> None:
        """What cannot be handled lies in DLQ; a replay from there goes on where this ended."""
        log.error("delivery.given-up", subject=message.subject, seq=message.seq, why=why.error_type or why.reason)

    async def make(self, delivery: Delivery, hook: Webhook) -> None:
        """Write `delivery` to `hook`, unless it was written before, and begin with it."""
        now = time.time()
        if hook.state == "disabled" and delivery.type != PING:
            held = course.held_at(delivery, now)
            await set_alarm(self._bus, held.ref, held.next_at or now)
            await self._deliveries.create(held.ref.key, held)
        elif self._lanes.enter(hook.id, failing=hook.failing_since is not None):
            await self._begin(delivery, None, hook)
        else:
            await self._alarm_in_turn(delivery.ref)
            await self._deliveries.create(delivery.ref.key, delivery)
            self._queue(delivery.ref)

    async def look(self, ref: DeliveryRef, *, has_slot: bool = False) -> Verdict:
        """Do what is due about `ref`. With `has_slot` a slot of its lane is ours, to be used or given back."""
        try:
            while True:
                entry = await self._deliveries.get(ref.key)
                if entry is None:
                    return Later(RECORD_COMES_S)
                roll = await self._book.read(ref.owner)
                verdict = await self._act(entry, roll.hook(ref.webhook_id) if roll else None, ref.due, has_slot)
                if isinstance(verdict, _Begun):
                    has_slot = False  # the attempt's now
                    return Handled()
                if verdict is not None:
                    return verdict
        finally:
            if has_slot:
                self._freed(ref)

    async def _act(
        self, entry: Entry[Delivery], hook: Webhook | None, due: float, has_slot: bool
    ) -> "Verdict | _Begun | None":
        """None: somebody else wrote first, look again."""
        delivery, ref = entry.value, entry.value.ref
        decision = course.look(delivery, hook, time.time(), due)
        match decision:
            case Over():
                return Handled()
            case UnderWay(after_s=after_s):
                return Later(after_s + MARGIN_S)
            case NotYet(at=at):
                await set_alarm(self._bus, ref, at)
                return Handled()
            case Become(delivery=wanted):
                if wanted.next_at is not None:
                    await set_alarm(self._bus, ref, wanted.next_at)
                written = await self._deliveries.update(ref.key, wanted, entry.revision)
                return None if written is None else Handled()
            case Go():
                if hook is None:
                    raise AssertionError("nothing is sent to a webhook that is not there")
                if not has_slot and not self._lanes.enter(hook.id, failing=hook.failing_since is not None):
                    await self._alarm_in_turn(ref)
                    self._queue(ref)
                    return Handled()
                begun = await self._begin(delivery, entry.revision, hook, slot_is_kept=has_slot)
                return _Begun() if begun else None
            case _ as never:
                assert_never(never)

    async def _begin(
        self, delivery: Delivery, revision: int | None, hook: Webhook, *, slot_is_kept: bool = False
    ) -> bool:
        """Claim `delivery` (`revision` None: it is new) and start its attempt; False if somebody else wrote first.

        A slot of its lane is ours: the attempt's if it begins, and given back otherwise unless `slot_is_kept`.
        """
        claimed, begun = course.begun(delivery, time.time(), self._bus.settings.webhook_timeout_s), False
        try:
            await set_alarm(self._bus, claimed.ref, claimed.next_at or time.time())
            if revision is None:
                at = await self._deliveries.create(claimed.ref.key, claimed)
            else:
                at = await self._deliveries.update(claimed.ref.key, claimed, revision)
            if at is not None:
                self._attempts.start(claimed, at, hook)
                begun = True
        finally:
            if not begun and not slot_is_kept:
                self._freed(delivery.ref)
        return begun

    async def _alarm_in_turn(self, ref: DeliveryRef) -> None:
        ahead = self._lanes.ahead_of(ref)
        await set_alarm(self._bus, ref, turn_comes_by(ahead, self._bus.settings.ack_wait_s))

    def _queue(self, ref: DeliveryRef) -> None:
        """Wait for a slot, now that the alarm and the record stand: whoever frees one will look at the record."""
        self._lanes.wait(ref)
        self._next()  # the slot may have become free while they were written

    def _freed(self, ref: DeliveryRef) -> None:
        self._lanes.leave(ref.webhook_id)
        self._next()

    def _next(self) -> None:
        """Whoever waits longest in the next lane with a free slot takes it."""
        while not self._attempts.stopping and (waiting := self._lanes.next()) is not None:
            self._attempts.background(self.look(waiting, has_slot=True))


class _Begun:
    """An attempt was started and has the slot."""


def _delivery(owner: Owner, hook: Webhook, told: Notification, seq: int) -> Delivery:
    event = WebhookEvent(
        id=told.id, type=told.type, seq=seq, operation=told.op, at=told.at, data=told.data, code=told.code
    )
    return Delivery(
        id=delivery_id_of(hook.id, told.id),
        owner=owner,
        webhook_id=hook.id,
        type=told.type,
        seq=seq,
        body=encode(event).decode(),
        created_at=time.time(),
    )
