"""Attempts under way: each a task of its own beside the acknowledgements, whose end is written before it is forgotten.

What came out is kept in memory until it is written, however long the bus is away (law 3): the write is repeated, not
the attempt. If this process dies first, the claim runs out, the outcome counts as unknown, and the alarm brings the
next try.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine

import structlog

from bus import tasks
from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.errors import BusUnavailable
from schemas.receivers import Receiver, receiver_of
from schemas.webhooks import Delivery, DeliveryRef, Webhook
from services.notifier.webhooks import course
from services.notifier.webhooks.alarm import set_alarm
from services.notifier.webhooks.course import Answered, End
from services.notifier.webhooks.health import Health
from services.notifier.webhooks.secrets import Secrets
from services.notifier.webhooks.sender import Sender
from services.notifier.webhooks.signing import signed_headers

log = structlog.stdlib.get_logger("notifier")

WRITE_AGAIN_S = 0.5
LEAVE_S = 10.0
"""How long we stay for attempts under way when we are asked to leave."""


class Attempts:
    """Runs what was claimed. `on_free` is called when an attempt's slot is free again."""

    def __init__(self, bus: Bus, sender: Sender, secrets: Secrets, health: Health) -> None:
        self._bus = bus
        self._sender = sender
        self._secrets = secrets
        self._health = health
        self._deliveries = Bucket(bus, "deliveries", Delivery)
        self._tasks: set[asyncio.Task[None]] = set()
        self.stopping = False
        self.on_free: Callable[[DeliveryRef], None] = lambda _: None

    def start(self, claimed: Delivery, revision: int, hook: Webhook) -> None:
        """Attempt `claimed`, which stands at `revision`, in the background."""
        self._run(self._attempt(claimed, revision, hook), lambda: self.on_free(claimed.ref))

    def background(self, work: Coroutine[object, object, object]) -> None:
        """Do `work` in the background; what it raises is logged, and an alarm on the bus does it again."""
        self._run(work, lambda: None)

    async def stop(self) -> None:
        """Let what is under way end; an attempt that does not is begun again by somebody else, later."""
        self.stopping = True
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=LEAVE_S)
            await asyncio.gather(*(tasks.end(task) for task in late))

    def _run(self, work: Coroutine[object, object, object], afterwards: Callable[[], None]) -> None:
        task = asyncio.create_task(_watched(work, afterwards))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, claimed: Delivery, revision: int, hook: Webhook) -> None:
        secrets = self._secrets.signing(claimed.owner, hook, time.time())
        headers = signed_headers(secrets, claimed.id, time.time(), claimed.body)
        end = await self._sender.send(hook.url, headers, claimed.body)
        _say(claimed, hook, end)
        await self._insist(lambda: self._conclude(claimed, revision, end))
        await self._insist(lambda: self._health.note(claimed, hook, end, time.time()))

    async def _insist(self, write: Callable[[], Coroutine[object, object, None]]) -> None:
        while True:
            try:
                return await write()
            except BusUnavailable:
                log.warning("delivery.bus-away")
                await asyncio.sleep(WRITE_AGAIN_S)

    async def _conclude(self, claimed: Delivery, revision: int, end: End) -> None:
        """Write what came out; if somebody else wrote meanwhile, only what they cannot know."""
        standing, at = claimed, revision
        while True:
            scale = self._bus.settings.webhook_retry_scale
            wanted = course.ended(standing, end, time.time(), scale=scale, chance=random.random())  # noqa: S311  jitter
            if wanted.next_at is not None:
                await set_alarm(self._bus, wanted.ref, wanted.next_at)
            if await self._deliveries.update(wanted.ref.key, wanted, at) is not None:
                return
            entry = await self._deliveries.get(claimed.ref.key)
            if entry is None or entry.value.is_final or not (entry.value == claimed or course.accepted(end)):
                return
            standing, at = entry.value, entry.revision


async def _watched(work: Coroutine[object, object, object], afterwards: Callable[[], None]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001  a background task's one top level: unknown, so its alarm does it again
        log.warning("delivery.unknown", error_type=type(error).__name__)
    finally:
        afterwards()


def _say(delivery: Delivery, hook: Webhook, end: End) -> None:
    receiver = receiver_of(hook.url, allow_private=True)
    log.info(
        "webhook.attempt",
        owner=delivery.owner,
        webhook=hook.id,
        delivery=delivery.id,
        type=delivery.type,
        host=receiver.host if isinstance(receiver, Receiver) else "-",
        tries=delivery.tries,
        status=end.status if isinstance(end, Answered) else None,
        error=None if isinstance(end, Answered) else end.why,
    )
