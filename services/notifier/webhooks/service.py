"""The webhook part of one notifier from start to stop: what is told goes in, receivers are called, secrets are shown.

Without a key file there are no webhooks: their operations fail with a code that says so, what was told waits in NOTIFY,
and the rest of the notifier works.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.client.pull import Puller
from bus.tables.streams import DELIVERIES_DURABLE, WEBHOOKS_DURABLE, consumer
from bus.workers.attendant import Attend, Attendant
from bus.workers.running import CONCURRENCY
from schemas.webhooks import Delivery
from services.notifier.webhooks.attempts import Attempts
from services.notifier.webhooks.book import WebhookBook
from services.notifier.webhooks.courier import Courier
from services.notifier.webhooks.handlers.desk import Desk
from services.notifier.webhooks.health import Health
from services.notifier.webhooks.secret_door import SecretDoor
from services.notifier.webhooks.secrets import KeyCheck, Secrets, secrets_of
from services.notifier.webhooks.sender import Sender

log = structlog.stdlib.get_logger("notifier")


@asynccontextmanager
async def running_webhooks(bus: Bus, sec: Bus | None) -> AsyncIterator[Desk]:
    """Webhooks work while this is open; what their handlers need. SettingError if a setting cannot be used.

    `sec` is None on a bus without authentication: then secrets cannot be shown.
    """
    book, secrets = WebhookBook(bus), secrets_of(bus.settings)
    if secrets is None:
        log.warning("webhooks.off", detail="no webhook_key_file is set")
        yield _desk(bus, book, None)
        return
    await secrets.prove(Bucket(bus, "webhooks", KeyCheck))
    async with Sender(bus.settings) as sender:
        attempts = Attempts(bus, sender, secrets, Health(bus, book))
        courier = Courier(bus, book, attempts)
        async with _door(sec, book, secrets), _served(bus, courier, attempts):
            yield _desk(bus, book, courier)


def _desk(bus: Bus, book: WebhookBook, courier: Courier | None) -> Desk:
    return Desk(bus, book, Bucket(bus, "deliveries", Delivery), courier, bus.settings)


@asynccontextmanager
async def _door(sec: Bus | None, book: WebhookBook, secrets: Secrets) -> AsyncIterator[None]:
    if sec is None:
        yield
        return
    door = SecretDoor(sec, book, secrets)
    await door.start()
    try:
        yield
    finally:
        await door.stop()


@asynccontextmanager
async def _served(bus: Bus, courier: Courier, attempts: Attempts) -> AsyncIterator[None]:
    pullers = [
        _puller(bus, courier, "NOTIFY", WEBHOOKS_DURABLE, courier.on_notification),
        _puller(bus, courier, "TIMERS", DELIVERIES_DURABLE, courier.on_tick),
    ]
    for puller in pullers:
        await puller.start()
    try:
        yield
    finally:
        await asyncio.gather(*(puller.stop() for puller in pullers))
        await attempts.stop()


def _puller(bus: Bus, courier: Courier, stream: str, durable: str, attend: Attend) -> Puller:
    attendant = Attendant(bus, consumer(stream, durable), attend, courier.give_up)
    return Puller(bus, stream, durable, attendant.on_message, concurrency=CONCURRENCY)
