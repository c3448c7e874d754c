"""A pull consumer that never stalls: it keeps asking, notices silence, and starts again after a reconnect at once.

Why not nats-py's `fetch`: it stays stuck for its whole timeout when the server is restarted under it. Guarantees: at
most `concurrency` handlers run, no message waits here while its ack clock runs out, a handler that raises has its
message redelivered after a growing pause, and `stop` lets running handlers finish and hands back what was not begun.
Starting again drops nothing that is on its way: what comes for an older question is handled like any other, or its ack
clock would have to run out first.
"""

import asyncio
import json
import math
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import cast

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus import tasks
from bus.client.connection import Bus
from bus.client.spelling import NANO

EXPIRES_S = 20.0
HEARTBEAT_S = 1.0
SILENCE = 2.5
"""Heartbeats that may be missed before the consumer asks anew."""
HAND_BACK_S = 2.0
"""How long `stop` waits for what the server has already sent; without a connection nothing comes."""
PAUSE_S = 0.1
PAUSE_MAX_S = 2.0
MOVED = frozenset({"leadership change", "server shutdown"})
"""Reasons of a 409 after which asking again at once is right; any other would only be repeated."""
RESEND_S = 0.5
RESEND_MAX_S = 60.0

log = structlog.stdlib.get_logger("bus.pull")

MsgHandler = Callable[[Msg], Awaitable[None]]


class Puller:
    """Feeds `handler` from the durable `durable` of `stream`. The handler acknowledges; `batch` is how many are asked
    for.

    Keep `batch` at most twice `concurrency`; the default is `concurrency`, so that nothing is delivered before it can
    run. `restarts` counts the silences that made it start anew.
    """

    def __init__(
        self,
        bus: Bus,
        stream: str,
        durable: str,
        handler: MsgHandler,
        *,
        concurrency: int = 16,
        batch: int | None = None,
    ) -> None:
        self.bus, self.stream, self.durable = bus, stream, durable
        self.restarts = 0
        self._handler = handler
        self._slots = asyncio.Semaphore(concurrency)
        self._batch = batch or concurrency
        self._credit = 0
        self._pause = PAUSE_S
        self._heard = 0.0
        self._answered = -math.inf
        self._resume_at = 0.0
        self._stopping = False
        self._subscription: Subscription | None = None
        self._inbox = ""
        self._handlers: set[asyncio.Task[None]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._monitor: asyncio.Task[None] | None = None
        self._forget_reconnect: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to ask; returns at once, also while the server or the consumer is missing."""
        self._forget_reconnect = self.bus.on_reconnect(self._restart)
        with suppress(NatsError, OSError):  # the monitor asks again
            await self._subscribe()
        self._monitor = asyncio.create_task(self._watch(), name=f"pull-{self.durable}")

    async def stop(self, patience_s: float | None = None) -> None:
        """Ask no more, hand back what was not begun, let handlers finish for `patience_s` (default: `ack_wait_s`)."""
        self._stopping = True
        self._forget_reconnect()
        if self._monitor:
            await tasks.end(self._monitor)
        self._retire()
        if self._retiring:  # what is on its way is handed back
            await asyncio.wait(set(self._retiring), timeout=HAND_BACK_S)
        if self._handlers:
            patience = self.bus.settings.ack_wait_s if patience_s is None else patience_s
            _, late = await asyncio.wait(set(self._handlers), timeout=patience)
            await asyncio.gather(*(tasks.end(task) for task in late))
        await asyncio.gather(*(tasks.end(task) for task in tuple(self._retiring)))

    @property
    def quiet_s(self) -> float:
        """Seconds since the server was last heard for this consumer (infinite before the first time)."""
        return self._loop_time() - self._answered

    @property
    def active(self) -> int:
        """Messages delivered and not yet done with."""
        return len(self._handlers)

    async def _restart(self) -> None:
        """After a reconnect the server knows nothing of what was asked."""
        self._credit = 0
        self._resume_at = 0.0
        await self._ask()

    async def _subscribe(self) -> None:
        self._inbox = self.bus.nc.new_inbox()
        self._subscription = await self.bus.nc.subscribe(self._inbox, cb=self._arrived)
        self._credit = 0
        await self._ask()

    def _retire(self) -> None:
        """Ask on this inbox no more, and take what the server has already sent there."""
        old, self._subscription = self._subscription, None
        if old is not None:
            task = asyncio.create_task(_drained(old), name=f"retire-{self.durable}")
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    async def _ask(self) -> None:
        wanted = self._batch - self._credit - len(self._handlers)
        if self._stopping or wanted <= 0 or (self._credit and wanted * 2 < self._batch):
            return
        if self._loop_time() < self._resume_at:
            return
        request = {"batch": wanted, "expires": int(EXPIRES_S * NANO), "idle_heartbeat": int(HEARTBEAT_S * NANO)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.durable}"
        self._credit += wanted
        self._heard = self._loop_time()
        try:
            await self.bus.nc.publish(subject, json.dumps(request).encode(), reply=self._inbox)
        except (NatsError, OSError):
            self._credit = 0  # not sent: the monitor asks again

    async def _arrived(self, msg: Msg) -> None:
        status = (msg.headers or {}).get("Status") if not msg.reply.startswith("$JS.ACK.") else None
        if status is not None and msg.subject != self._inbox:
            return  # the end of a question that was given up
        self._heard = self._answered = self._loop_time()
        if status is not None:
            await self._status(status, (msg.headers or {}).get("Description", ""), msg)
            return
        self._pause = PAUSE_S
        self._credit = max(0, self._credit - 1)
        task = asyncio.create_task(self._handle(msg), name=f"handle-{self.durable}")
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)
        await self._ask()

    async def _status(self, status: str, description: str, msg: Msg) -> None:
        pending = int((msg.headers or {}).get("Nats-Pending-Messages", self._credit) or 0)
        match status:
            case "100":
                self._pause = PAUSE_S
                return
            case "404" | "408":
                self._credit = max(0, self._credit - pending)
            case "409" if description.lower() in MOVED:
                self._credit = max(0, self._credit - pending)
            case "409" | "503":
                self._back_off()
            case _:
                log.error("bus.pull.refused", durable=self.durable, status=status, description=description)
                self._back_off()
        await self._ask()

    def _back_off(self) -> None:
        self._credit = 0
        self._resume_at = self._loop_time() + self._pause * random.uniform(0.8, 1.2)  # noqa: S311  jitter is no secret
        self._pause = min(PAUSE_MAX_S, self._pause * 2)

    async def _handle(self, msg: Msg) -> None:
        try:
            async with self._slots:
                if self._stopping:
                    await msg.nak()
                else:
                    await self._handler(msg)
        except asyncio.CancelledError:
            with suppress(NatsError, OSError):  # its ack clock brings it back
                await msg.nak()
            raise
        except Exception as error:  # noqa: BLE001  a loop's one top-level catch: the outcome is unknown, so resend
            await self._resend(msg, error)
        finally:
            self._handlers.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        await self._ask()

    async def _resend(self, msg: Msg, error: Exception) -> None:
        delivered = msg.metadata.num_delivered
        pause = min(RESEND_MAX_S, RESEND_S * 2 ** (delivered - 1)) * random.uniform(0.8, 1.2)  # noqa: S311  jitter
        log.warning(
            "bus.pull.resend",
            durable=self.durable,
            subject=msg.subject,
            delivered=delivered,
            error=type(error).__name__,
            pause_s=round(pause, 2),
        )
        with suppress(NatsError, OSError):  # its ack clock brings it back
            await msg.nak(delay=pause)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(HEARTBEAT_S / 2, max(0.02, self._resume_at - self._loop_time())))
            if not self.bus.connected:
                continue
            with suppress(NatsError, OSError):  # disconnected meanwhile: the reconnect callback asks again
                if self._credit and self._loop_time() - self._heard > SILENCE * HEARTBEAT_S:
                    log.warning("bus.pull.silent", durable=self.durable, stream=self.stream)
                    self.restarts += 1
                    self._retire()
                if self._subscription is None:
                    await self._subscribe()
                else:
                    await self._ask()

    def _loop_time(self) -> float:
        return asyncio.get_running_loop().time()


async def _drained(subscription: Subscription) -> None:
    try:
        await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py says no type here
    except (NatsError, OSError):  # half done: or nats-py would make it anew at every reconnect
        subscription._conn._remove_sub(subscription._id)
        subscription._stop_processing()
