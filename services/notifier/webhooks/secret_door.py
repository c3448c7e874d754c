"""A webhook's secret on its way to its owner: one core subject on the account without JetStream (law 6).

The edge has proven who asks; here it is checked that the webhook is theirs. Any notifier may answer, and one does.
"""

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus.client.connection import Bus
from bus.errors import BusError
from bus.tables import subjects
from schemas.base import encode
from schemas.ids import is_token
from schemas.webhooks import SecretRefused, SecretReply, SecretShown, SecretWanted
from services.notifier.webhooks.book import WebhookBook
from services.notifier.webhooks.secrets import Secrets

log = structlog.stdlib.get_logger("notifier")

QUEUE = "notifier"


class SecretDoor:
    """One process's door. `sec` is its connection as `sec-notifier`."""

    def __init__(self, sec: Bus, book: WebhookBook, secrets: Secrets) -> None:
        self._sec = sec
        self._book = book
        self._secrets = secrets
        self._open: Subscription | None = None

    async def start(self) -> None:
        """Answer from now on."""
        self._open = await self._sec.nc.subscribe(subjects.WEBHOOK_SECRET, queue=QUEUE, cb=self._on_question)
        await self._sec.flush(10)

    async def stop(self) -> None:
        """Answer nothing more."""
        if self._open is not None:
            try:
                await self._open.unsubscribe()
            except NatsError as error:
                log.info("webhook-door.gone", error=type(error).__name__)

    async def _on_question(self, message: Msg) -> None:
        try:
            await message.respond(encode(await self._reply(message.data)))
        except (NatsError, BusError) as error:
            log.warning("webhook-door.unanswered", error=type(error).__name__)

    async def _reply(self, data: bytes) -> SecretReply:
        try:
            wanted = msgspec.json.decode(data, type=SecretWanted)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return SecretRefused(code="bad-request")
        roll = await self._book.read(wanted.owner) if is_token(wanted.owner) else None
        hook = roll.hook(wanted.webhook_id) if roll else None
        if hook is None:
            return SecretRefused(code="webhook-unknown")
        secret = self._secrets.of(wanted.owner, hook.id, hook.secret_version)
        return SecretShown(secret=secret, version=hook.secret_version, previous_until=hook.previous_until)
