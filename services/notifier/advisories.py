"""What the server gave up delivering: kept in DLQ, so that a message whose worker died every time is not forgotten.

Workers bury what they cannot handle themselves; this is for those that could not even say so. The copy has the same
message id as a worker's own, so within the stream's window there is one of the two; later a second copy does no harm.
Whoever asked for what no worker survived is told so: there is no operation that the sweeper could bring back.
"""

import base64
from datetime import datetime

import msgspec
import structlog

from bus.client.connection import Bus
from bus.client.delivery import Delivery, Handled, Refused, Verdict
from bus.client.js_api import js_request_patiently
from bus.client.publish import publish
from bus.errors import BusRefused
from bus.requests.admission import TurnedAway
from bus.requests.refusal import Asked, refuse
from bus.tables import subjects
from bus.tables.streams import STREAMS
from schemas.base import UNREADABLE

log = structlog.stdlib.get_logger("notifier")

MAX_DELIVER = "io.nats.jetstream.advisory.v1.max_deliver"
TERMINATED = "io.nats.jetstream.advisory.v1.terminated"
NO_MESSAGE = 10037
INGRESS = "INGRESS"
KNOWN = frozenset(stream.name for stream in STREAMS)


class Advisory(msgspec.Struct, frozen=True, tag_field="type", tag=MAX_DELIVER):
    """A consumer's message was delivered as often as it may be and never acknowledged."""

    stream: str
    consumer: str
    stream_seq: int
    deliveries: int


class Terminated(msgspec.Struct, frozen=True, tag_field="type", tag=TERMINATED):
    """A worker ended a message; it buried it before."""

    stream: str
    consumer: str
    stream_seq: int


class _Original(msgspec.Struct, frozen=True):
    subject: str
    time: datetime
    data: str = ""

    @property
    def body(self) -> bytes:
        return base64.b64decode(self.data)


class _Answer(msgspec.Struct, frozen=True):
    message: _Original


class Advisories:
    """Serves the durable `advisory-notifier` on ADVISORY."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def on_advisory(self, delivery: Delivery) -> Verdict:
        """Bury what the advisory is about."""
        try:
            advisory = msgspec.json.decode(delivery.data, type=Advisory | Terminated)
        except UNREADABLE as error:
            return Refused("not an advisory we know", type(error).__name__)
        match advisory:
            case Terminated():
                log.info("terminated", stream=advisory.stream, consumer=advisory.consumer, seq=advisory.stream_seq)
            case Advisory(stream=stream) if stream not in KNOWN:
                return Refused("an advisory about a stream that is not ours")
            case Advisory():
                await self._bury(advisory)
        return Handled()

    async def give_up(self, delivery: Delivery, why: Refused) -> None:
        """The advisory itself lies in DLQ then."""

    async def _bury(self, advisory: Advisory) -> None:
        original = await self._original(advisory)
        if original and advisory.stream == INGRESS:
            asked = Asked(original.subject, advisory.stream_seq, original.time.timestamp(), original.body)
            await refuse(self._bus, asked, TurnedAway("internal", "we could not take the request"))
        await publish(
            self._bus,
            subjects.dead_letter(advisory.stream, advisory.consumer),
            original.body if original else b"",
            msg_id=f"dlq:{advisory.stream}:{advisory.stream_seq}",
            headers={
                "X-Orig-Subject": original.subject if original else "-",
                "X-Orig-Seq": str(advisory.stream_seq),
                "X-Reason": "never acknowledged" if original else "never acknowledged and no longer kept",
                "X-Error-Type": "-",
                "X-Delivered": str(advisory.deliveries),
            },
        )
        log.error("dead-letter", stream=advisory.stream, consumer=advisory.consumer, seq=advisory.stream_seq)

    async def _original(self, advisory: Advisory) -> _Original | None:
        question = {"seq": advisory.stream_seq}
        try:
            answer = await js_request_patiently(self._bus, f"STREAM.MSG.GET.{advisory.stream}", question)
        except BusRefused as refusal:
            if refusal.code == NO_MESSAGE:
                return None
            raise
        return msgspec.convert(answer, _Answer).message
