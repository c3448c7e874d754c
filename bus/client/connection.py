"""A connection to the bus that outlives any server: reconnects for ever, says what went wrong, keeps a private inbox.

Guarantees: every error the server reports is logged and counted (a permission violation shows nowhere else: the caller
merely times out); a connection that ends for good calls `on_closed`, so that the process can leave and be restarted.
"""

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from nats import errors as nats_errors
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError, StaleConnectionError, UnexpectedEOF
from nats.js.client import JetStreamContext

from bus import tasks
from bus.client.mesh_time import MeshTime
from bus.client.mux import Mux
from bus.errors import BusError, BusUnavailable
from bus.secrets import keys
from schemas.settings import Settings

RECONNECT_S = 0.06
"""Mean pause between attempts: a server that is back is noticed within 100 ms."""
PENDING_BYTES = 8 << 20
CLOSE_S = 3.0
DENIALS_KEPT = 2000
DENIED = "permissions violation for "
CUT = (UnexpectedEOF, StaleConnectionError)
"""How nats-py says that the connection ended: an outage, not a mistake."""
AWAY = (OSError, NoServersError, nats_errors.TimeoutError)
"""What every vain attempt to reconnect says; while connected the same types are somebody's mistake."""

log = structlog.stdlib.get_logger("bus")


class Bus:
    """One identity's connection. `nc` is the client, `js` its JetStream context; `errors`, `cuts` (connections lost)
    and `reconnects` are counts, `denials` the texts of permission violations; `clock` is the mesh's time
    (`bus.client.clock` keeps it right); `unanswered` says of each stream whose newest publish found no answer on this
    connection since when (monotonic)."""

    def __init__(
        self, settings: Settings, identity: str, on_closed: Callable[[], None] | None, clock: MeshTime | None = None
    ) -> None:
        self.settings = settings
        self.identity = identity
        self.nc = Client()
        self.js: JetStreamContext = self.nc.jetstream()
        self.mux = Mux(self.nc)
        self.clock = clock or MeshTime()
        self.unanswered: dict[str, float] = {}
        self.errors = 0
        self.cuts = 0
        self.reconnects = 0
        self.denials: list[str] = []
        self._on_closed = on_closed
        self._closing = False
        self._last_error = ""
        self._refusal = ""
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._reconnected: list[Callable[[], Awaitable[None]]] = []
        self._returning: set[asyncio.Task[object]] = set()

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Call `callback` after every reconnect; returns how to stop that."""
        self._reconnected.append(callback)
        return lambda: self._reconnected.remove(callback) if callback in self._reconnected else None

    def was_denied(self, subject: str) -> bool:
        """Whether the server refused this identity `subject` (the server's texts come in lower case)."""
        return any(f'"{subject.lower()}"' in denial for denial in self.denials)

    @contextmanager
    def interruption(self, subject: str) -> Iterator["asyncio.Future[None]"]:
        """A future that ends when waiting for an answer to a request on `subject` became pointless.

        That is: the server refused the subject, or the connection the request went out on is gone.
        """
        interrupted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[interrupted] = subject.lower()
        try:
            yield interrupted
        finally:
            del self._waiting[interrupted]

    @property
    def connected(self) -> bool:
        """Whether the socket is up; a `flush` proves more."""
        return bool(self.nc.is_connected)

    async def flush(self, timeout_s: float = 2) -> None:
        """A round trip to the server, after all that was sent before; BusUnavailable if it takes over `timeout_s`."""
        pongs = self.nc._pongs_received
        try:
            async with asyncio.timeout(timeout_s):
                self._write_pending()
                await self.nc.flush(timeout=max(1, round(timeout_s)))
        except (NatsError, OSError, TimeoutError) as error:
            raise BusUnavailable(f"no answer from the bus: {type(error).__name__}") from None
        if self.nc._pongs_received == pongs:  # nats-py's flush only writes, and succeeds, while its reader is dead
            raise BusUnavailable("no answer from the bus: disconnected")

    def _write_pending(self) -> None:
        """Hand what waits to be written to the socket: nats-py's PING overtakes it, a subscription for example.

        Not by nats-py's `_flush_pending`, which swallows a cancellation while it waits.
        """
        transport = self.nc._transport
        if transport is not None and self.nc.is_connected and self.nc._pending_data_size > 0:
            waiting, self.nc._pending, self.nc._pending_data_size = self.nc._pending, [], 0
            transport.writelines(waiting)

    async def close(self) -> None:
        """Send what is pending and leave; never longer than a few seconds. Stop pullers and mirrors first."""
        self._closing = True
        if self.nc.is_closed:
            return
        try:
            await self.flush(CLOSE_S)
        except BusUnavailable:
            log.warning("bus.close.unflushed", identity=self.identity)
            self.nc._pending_data_size = 0  # or nats-py writes to the dead socket, raises, and leaves its tasks behind
        await self._leave()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.nc.close()
        except (OSError, TimeoutError) as error:
            log.warning("bus.close.failed", identity=self.identity, error=type(error).__name__)
        # nats-py knows only the last of them, and tells it once to end: one that misses that would try for ever.
        for returning in self._returning - {asyncio.current_task()}:
            await tasks.end(returning)

    async def open(self, patience_s: float) -> None:
        """Connect; BusUnavailable with the last reason if that takes longer than `patience_s`."""
        connecting = asyncio.create_task(self._connect())
        try:
            await asyncio.wait([connecting], timeout=patience_s)
        finally:
            if not connecting.done():
                self._closing = True
                await tasks.end(connecting)
                await self._leave()
        if connecting.cancelled():
            reason = self._refusal or self._last_error or "no answer"
            raise BusUnavailable(f"{self.identity} cannot reach the bus: {reason}")
        connecting.result()

    async def _connect(self) -> None:
        settings = self.settings
        await self.nc.connect(
            servers=[url.strip() for url in settings.nats_url.split(",")],
            name=self.identity,
            error_cb=self._error,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._back,
            closed_cb=self._closed,
            connect_timeout=2,
            reconnect_time_wait=_reconnect_pause(),  # type: ignore[arg-type]  # declared int; any number works
            max_reconnect_attempts=-1,
            ping_interval=5,
            max_outstanding_pings=2,
            flush_timeout=10,
            pending_size=PENDING_BYTES,
            inbox_prefix=f"_INBOX.{self.identity}",
            nkeys_seed_str=_seed(settings, self.identity),
            tls=_tls(settings),
            tls_handshake_first=settings.nats_url.startswith("tls://"),
        )

    async def _error(self, error: Exception) -> None:
        text = str(error)
        self._last_error = text or type(error).__name__
        if isinstance(error, CUT) or (isinstance(error, AWAY) and not self.connected):
            return  # the disconnected callback says it once; every attempt to reconnect would say it again
        self.errors += 1
        repeated, self._refusal = text == self._refusal, text
        if DENIED in text.lower() and len(self.denials) < DENIALS_KEPT:
            self.denials.append(text.lower())
            self._interrupt(lambda subject: f'"{subject}"' in text.lower())
        if not repeated:  # a refused key is refused again at every attempt
            log.error("bus.error", identity=self.identity, error=type(error).__name__, detail=text)

    def _interrupt(self, concerned: Callable[[str], bool]) -> None:
        for interrupted, subject in self._waiting.items():
            if concerned(subject) and not interrupted.done():
                interrupted.set_result(None)

    async def _disconnected(self) -> None:
        self.cuts += 1
        self._interrupt(lambda _subject: True)
        if not self._closing:
            log.warning("bus.disconnected", identity=self.identity, detail=self._last_error)
            self._will_return()

    def _will_return(self) -> None:
        """Remember the task that is to bring the connection back: nats-py says that it is cut from within it."""
        task = asyncio.current_task()
        if task is not None and task is self.nc._reconnection_task:
            self._returning.add(task)
            task.add_done_callback(self._returning.discard)

    async def _back(self) -> None:
        self.reconnects += 1
        self._refusal = ""
        self.unanswered.clear()
        log.info("bus.reconnected", identity=self.identity, reconnects=self.reconnects)
        for callback in tuple(self._reconnected):
            await callback()

    async def _closed(self) -> None:
        if self._closing:
            return
        log.error("bus.closed", identity=self.identity, detail=self._last_error)
        if self._on_closed:
            self._on_closed()


async def connect(
    settings: Settings,
    identity: str,
    *,
    on_closed: Callable[[], None] | None = None,
    patience_s: float = 15,
    clock: MeshTime | None = None,
) -> Bus:
    """A connected Bus for `identity` (one of `bus.tables.identities.ALL_IDENTITIES`).

    Raises BusUnavailable after `patience_s` seconds, KeysMissing without the seed, BusError for a `sec-` identity on
    a bus without authentication: there the account without JetStream does not exist (law 6).
    """
    if identity.startswith("sec-") and not settings.nats_keys_dir:
        raise BusError(f"{identity} needs the account without JetStream: set nats_keys_dir")
    bus = Bus(settings, identity, on_closed, clock)
    started = time.monotonic()
    await bus.open(patience_s)
    log.debug("bus.connected", identity=identity, took_ms=round((time.monotonic() - started) * 1000, 1))
    return bus


def _seed(settings: Settings, identity: str) -> str | None:
    return keys.read_seed(Path(settings.nats_keys_dir), identity) if settings.nats_keys_dir else None


def _tls(settings: Settings) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=settings.nats_ca) if settings.nats_ca else None


def _reconnect_pause() -> float:
    return RECONNECT_S * random.uniform(0.7, 1.3)  # noqa: S311  jitter is no secret
