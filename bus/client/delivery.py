"""One delivery of a stored message: where it comes from, which try this is, and what can be said about it.

Guarantees: while it is worked on, the server hears so every third of `ack_wait_s`, so that nobody else gets it; it is
answered exactly once. An answer lost on the way means a redelivery, which every handler's gate expects.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bus.tables.streams import ConsumerSpec

log = structlog.stdlib.get_logger("bus")


@dataclass(frozen=True, slots=True)
class Handled:
    """Done with: acknowledge."""


@dataclass(frozen=True, slots=True)
class Later:
    """Bring it back in `after_s` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody can handle it: to the dead letters, for `reason` (short, no payload, no secret).

    `deadly`: every process that worked on it died, so nobody can say what it did.
    """

    reason: str
    error_type: str = ""
    deadly: bool = False


Verdict = Handled | Later | Refused


@dataclass(frozen=True, slots=True)
class Delivery:
    """`message` as it came to the durable `consumer` over `client`; `attempt` counts our own tries of this delivery."""

    message: Msg
    consumer: ConsumerSpec
    client: Client
    attempt: int = 1

    @property
    def subject(self) -> str:
        """The subject it was stored under."""
        return str(self.message.subject)

    @property
    def data(self) -> bytes:
        """Its payload."""
        return bytes(self.message.data)

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""
        return self.message.headers or {}

    @property
    def seq(self) -> int:
        """Its sequence in the stream."""
        return int(self.message.metadata.sequence.stream)

    @property
    def stored_at(self) -> float:
        """When the server stored it (unix seconds)."""
        return self.message.metadata.timestamp.timestamp()

    @property
    def tries(self) -> int:
        """How often it was delivered to this durable, this time included."""
        return int(self.message.metadata.num_delivered or 1)

    @property
    def was_delivered_before(self) -> bool:
        """Whether another delivery of it did not end in an acknowledgement."""
        return self.tries > 1

    @property
    def is_repeated(self) -> bool:
        """Whether somebody, perhaps we, may have begun to work on it before."""
        return self.was_delivered_before or self.attempt > 1

    @property
    def is_last_try(self) -> bool:
        """Whether a worker at which it fails now has to give it up itself."""
        return self.tries >= self.consumer.max_failures

    @property
    def is_last_wait(self) -> bool:
        """Whether it cannot be asked to wait any more: one delivery is kept for a worker that dies giving it up."""
        return self.tries >= self.consumer.max_deliver - 1

    async def ack(self) -> None:
        """Done with."""
        await self._answer(b"+ACK")

    async def nak(self, after_s: float) -> None:
        """Bring it back in `after_s` seconds (0: at once)."""
        await self._answer(b'-NAK {"delay": %d}' % int(after_s * 1e9) if after_s > 0 else b"-NAK")

    async def term(self, reason: str) -> None:
        """Never deliver it again; the server's advisory carries `reason`."""
        await self._answer(b"+TERM " + reason.encode())

    @asynccontextmanager
    async def kept_alive(self, every_s: float) -> AsyncIterator[None]:
        """Tell the server every `every_s` seconds that this is being worked on."""
        beat = asyncio.create_task(self._beat(every_s))
        try:
            yield
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat

    async def _beat(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self._answer(b"+WPI")

    async def _answer(self, payload: bytes) -> None:
        try:
            await self.client.publish(self.message.reply, payload)
        except (NatsError, OSError) as error:
            # Unheard, it is redelivered after ack_wait; the gate answers then.
            log.warning("delivery.unanswered", consumer=self.consumer.name, seq=self.seq, error=type(error).__name__)
