"""A bucket in memory that follows every change, and knows when it may be behind.

Correct after a server kill, a lost message and a bucket that was deleted and made again: a gap in the consumer's
numbers, a heartbeat that counts otherwise, silence, or a reconnect each lead to a fresh consumer, a fresh view, and a
swap once it has caught up. Caught up means: applied the last sequence the stream had after the consumer existed.
Decisions are never made here (law 5): compare-and-set decides. Buckets whose keys run out are refused: nobody
announces that they did.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus import tasks
from bus.buckets.kv import OPERATION, Bucket, Entry
from bus.buckets.view import View
from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.client.spelling import NANO
from bus.errors import BusError
from bus.tables.subjects import mirrored
from schemas.base import UNREADABLE
from schemas.revisions import epoch_of

T = TypeVar("T")

HEARTBEAT_S = 0.5
SILENT_S = 1.25
SUSPECT_S = 1.5
PAUSE_S = 0.05
PAUSE_MAX_S = 1.0
CATCH_UP_S = 10.0

log = structlog.stdlib.get_logger("bus.mirror")

_Listener = Callable[[Msg], Awaitable[None]]


class Mirror(Generic[T]):
    """A view of `bucket` that keeps itself fresh. `rebuilds` counts the times it had to start over."""

    def __init__(self, bus: Bus, bucket: str, kind: type[T]) -> None:
        self.bus = bus
        self.bucket: Bucket[T] = Bucket(bus, bucket, kind)
        if self.bucket.spec.ttl:
            raise ValueError(f"keys of bucket {bucket} run out unannounced: it cannot be mirrored")
        self.rebuilds = 0
        self._decoder = msgspec.json.Decoder(kind)
        self._shown: View[T] = View()
        self._next: View[T] = View()
        self._heard = -float("inf")
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._stir = asyncio.Event()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._forget_reconnect: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to follow; returns at once. `suspect` until the first view has caught up."""
        self._forget_reconnect = self.bus.on_reconnect(self._reconnected)
        self._task = asyncio.create_task(self._follow(), name=f"mirror-{self.bucket.name}")

    async def stop(self) -> None:
        """Follow no more."""
        self._forget_reconnect()
        if self._task:
            await tasks.end(self._task)
        await self._unsubscribe()

    @property
    def suspect(self) -> bool:
        """Whether the mirror may be behind: it is catching up, was cut off, or has heard nothing for 1.5 s."""
        shown = self._shown
        behind = self._next is not shown or shown.broken is not None or shown.cuts != self.bus.cuts
        return behind or self.age_s > SUSPECT_S or not self.bus.connected

    @property
    def built(self) -> bool:
        """Whether it has ever been whole."""
        return bool(self._shown.epoch)

    @property
    def age_s(self) -> float:
        """Seconds since the bus was last heard of; infinite before it ever was."""
        return asyncio.get_running_loop().time() - self._heard

    @property
    def epoch(self) -> str:
        """The life of the bucket that is shown (`schemas.revisions`): sequences of another mean nothing."""
        return self._shown.epoch

    @property
    def applied(self) -> int:
        """The newest sequence that is shown."""
        return self._shown.applied

    def __len__(self) -> int:
        return len(self._shown.entries)

    def get(self, key: str) -> Entry[T] | None:
        """What the mirror holds for `key`, however old."""
        return self._shown.entries.get(key)

    def entries(self) -> list[Entry[T]]:
        """Everything the mirror holds now, however old."""
        return list(self._shown.entries.values())

    def items(self) -> dict[str, Entry[T]]:
        """Everything the mirror holds now by key, however old."""
        return dict(self._shown.entries)

    def group(self, first: str) -> dict[str, Entry[T]]:
        """What the mirror holds under keys `<first>.…`, however old."""
        return self._shown.of(first)

    async def read(self, key: str) -> Entry[T] | None:
        """What stands under `key`: by the mirror, or by the leader when the mirror is `suspect`."""
        return await self.bucket.get(key) if self.suspect else self.get(key)

    def has(self, revision: int, epoch: str = "") -> bool:
        """Whether it shows `revision` of `epoch` (empty: of the one it shows)."""
        return self._shown.applied >= revision and epoch in ("", self._shown.epoch)

    async def wait_for(self, revision: int, timeout_s: float, epoch: str = "") -> bool:
        """Wait until the mirror has applied `revision` of `epoch` (empty: of the one it shows); False if it has not
        within `timeout_s`, at once if it shows another epoch."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._shown.applied < revision and epoch in ("", self._shown.epoch):
                    await self._news.wait()
        return self.has(revision, epoch)

    async def _reconnected(self) -> None:
        if self._next.cuts != self.bus.cuts:  # a view that began after the cut has missed nothing
            self._break("reconnected")
        self._stir.set()

    def _break(self, reason: str) -> None:
        self._next.broken = self._next.broken or reason
        self._stir.set()
        self._tell()

    async def _follow(self) -> None:
        pause = PAUSE_S
        while True:
            try:
                while not self.bus.connected:
                    await self._stirred(PAUSE_MAX_S)
                await self._rebuild()
                reason = await self._until_broken()
                pause = PAUSE_S
                log.info("mirror.rebuild", bucket=self.bucket.name, reason=reason)
            except (BusError, NatsError, OSError, TimeoutError) as error:
                log.warning("mirror.waiting", bucket=self.bucket.name, error=type(error).__name__)
                await self._stirred(pause)
                pause = min(PAUSE_MAX_S, pause * 2)
            self.rebuilds += 1

    async def _stirred(self, within_s: float) -> None:
        """Until something happened, at most `within_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._stir.wait()
        self._stir.clear()

    async def _rebuild(self) -> None:
        view: View[T] = View(cuts=self.bus.cuts)
        self._next = view
        await self._unsubscribe()
        self._inbox = mirrored(self.bus.identity, secrets.token_hex(16))
        self._subscription = await self.bus.nc.subscribe(self._inbox, cb=self._listener(view))
        made = (await self._stream()).created
        await self._consume()
        self._aim(view, made, await self._stream())
        async with asyncio.timeout(CATCH_UP_S):
            while self._shown is not view and view.broken is None:
                await self._news.wait()

    async def _consume(self) -> None:
        stream, name = self.bucket.spec.stream, f"mirror-{secrets.token_hex(8)}"
        everything = f"$KV.{self.bucket.name}.>"
        config = {
            "name": name,
            "deliver_subject": self._inbox,
            "deliver_policy": "last_per_subject",
            "ack_policy": "none",
            "replay_policy": "instant",
            "filter_subject": everything,
            "idle_heartbeat": int(HEARTBEAT_S * NANO),
            "flow_control": True,
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": 30 * NANO,
            "max_deliver": 1,
        }
        subject = f"CONSUMER.CREATE.{stream}.{name}.{everything}"
        await js_request(self.bus, subject, {"stream_name": stream, "config": config}, timeout_s=2)

    async def _stream(self) -> "_StreamInfo":
        answer = await js_request(self.bus, f"STREAM.INFO.{self.bucket.spec.stream}", timeout_s=2)
        return msgspec.convert(answer, _StreamInfo)

    def _aim(self, view: View[T], made: str, info: "_StreamInfo") -> None:
        if info.created != made:  # made again around our consumer, which may have been the old one's
            self._break("bucket made again")
            return
        view.epoch = epoch_of(made)
        view.target = info.state.last_seq if info.state.messages else 0
        self._heard = asyncio.get_running_loop().time()
        self._show(view)

    async def _until_broken(self) -> str:
        loop = asyncio.get_running_loop()
        while self._next.broken is None:
            await self._stirred(HEARTBEAT_S / 2)
            if loop.time() - self._heard > SILENT_S:
                self._break("silent")
        return self._next.broken

    def _listener(self, view: View[T]) -> "_Listener":
        async def heard(msg: Msg) -> None:
            if view.broken is not None or view is not self._next:
                return
            self._heard = asyncio.get_running_loop().time()
            if msg.reply.startswith("$JS.ACK."):
                self._apply(view, msg)
            else:
                await self._beat(view, msg)

        return heard

    def _apply(self, view: View[T], msg: Msg) -> None:
        sequence = msg.metadata.sequence
        if sequence.consumer != view.delivered + 1:
            self._break("gap")
            return
        view.delivered, view.applied = sequence.consumer, sequence.stream
        key = msg.subject.removeprefix(f"$KV.{self.bucket.name}.")
        if OPERATION in (msg.headers or {}):
            view.drop(key)
        else:
            self._keep(view, key, msg)
        self._show(view)

    def _keep(self, view: View[T], key: str, msg: Msg) -> None:
        at = msg.metadata.timestamp.timestamp()
        try:
            view.put(key, Entry(self._decoder.decode(msg.data), msg.metadata.sequence.stream, at))
        except UNREADABLE:
            view.drop(key)
            log.error("mirror.undecodable", bucket=self.bucket.name, key=key)

    async def _beat(self, view: View[T], msg: Msg) -> None:
        headers = msg.headers or {}
        asked = msg.reply or headers.get("Nats-Consumer-Stalled")
        if asked:
            await self.bus.nc.publish(asked)
        counted = headers.get("Nats-Last-Consumer")
        if counted is not None and int(counted) != view.delivered:
            self._break("lost messages")

    def _show(self, view: View[T]) -> None:
        if view.caught_up:
            self._shown = view
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _unsubscribe(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with suppress(NatsError, OSError):  # closed already
                await subscription.unsubscribe()


class _State(msgspec.Struct, frozen=True):
    messages: int
    last_seq: int


class _StreamInfo(msgspec.Struct, frozen=True):
    created: str
    state: _State
