"""Open gRPC channels: one for each address and identity while it is used, none for a node at rest.

A channel is held by whoever calls over it. One that nobody holds is closed after a while, the longest unused first when
there are too many; one that is held is never closed under a call. Connections are lazy: a channel never fails when
made, its first call does.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import grpc
import grpc.aio

CAPACITY = 256
"""Channels that are kept open though nobody holds them."""

IDLE_S = 60.0
MESSAGE_MAX = 32 << 20
"""Largest reply in bytes, as official clients allow."""

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_MAX),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # Load balancers on the way cut what is silent for 30 s; a dead peer is known within the sum of both.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A client certificate chain and its key, PEM, and the root that servers must chain to for it (empty: the pool's).

    `repr` shows none of it.
    """

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)
    ca: bytes = field(default=b"", repr=False)

    @property
    def fingerprint(self) -> bytes:
        """Tells identities apart without keeping a key in a table's keys."""
        return hashlib.sha256(self.certificate + b"\x00" + self.ca).digest()


class BadAddress(ValueError):
    """The address is not `https://host[:port]`."""


@dataclass(slots=True)
class Hold:
    """A channel that stays open until `release`, which may be called more than once."""

    channel: grpc.aio.Channel
    _pool: "Channels"
    _key: tuple[str, bytes]
    _held: bool = True

    def release(self) -> None:
        """Done with it."""
        if self._held:
            self._held = False
            self._pool._released(self._key, self.channel)


@dataclass(slots=True)
class _Open:
    channel: grpc.aio.Channel
    holders: int = 0
    idle_since: float = 0.0


class Channels:
    """All channels of a process; `ca` is the PEM of the root that servers must chain to."""

    def __init__(self, ca: bytes, capacity: int = CAPACITY, idle_s: float = IDLE_S) -> None:
        self._ca = ca
        self._capacity, self._idle_s = capacity, idle_s
        self._open: OrderedDict[tuple[str, bytes], _Open] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def hold(self, uri: str, identity: Identity, *, server_name: str | None = None) -> Hold:
        """The channel to `uri` as `identity`; `server_name` is the name its certificate must carry if not the host.

        Raises BadAddress.
        """
        target = _target(uri)
        key = (target, identity.fingerprint)
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = _Open(self._make(target, identity, server_name))
        found.holders += 1
        self._open.move_to_end(key)
        self._shrink()
        return Hold(found.channel, self, key)

    @contextmanager
    def using(self, uri: str, identity: Identity, *, server_name: str | None = None) -> Iterator[grpc.aio.Channel]:
        """`hold` for the length of a block."""
        held = self.hold(uri, identity, server_name=server_name)
        try:
            yield held.channel
        finally:
            held.release()

    def drop(self, identity: Identity) -> None:
        """Forget every channel that speaks as `identity`, and its key with it; calls under way may still end."""
        for key in [key for key in self._open if key[1] == identity.fingerprint]:
            self._retire(self._open.pop(key).channel)

    async def close(self) -> None:
        """Close every channel; calls under way are cut."""
        if self._sweep is not None:
            self._sweep.cancel()
        for found in self._open.values():
            await found.channel.close()
        self._open.clear()
        await asyncio.gather(*self._closing)

    def _released(self, key: tuple[str, bytes], channel: grpc.aio.Channel) -> None:
        found = self._open.get(key)
        if found is None or found.channel is not channel:
            return  # dropped meanwhile
        found.holders -= 1
        if not found.holders:
            found.idle_since = time.monotonic()
            self._arm()

    def _arm(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(self._idle_s, self._close_idle)

    def _close_idle(self) -> None:
        self._sweep = None
        now = time.monotonic()
        for key, found in [*self._open.items()]:
            if not found.holders and now - found.idle_since >= self._idle_s:
                self._retire(self._open.pop(key).channel)
        if any(not found.holders for found in self._open.values()):
            self._arm()

    def _shrink(self) -> None:
        idle = [key for key, found in self._open.items() if not found.holders]
        for key in idle[: max(0, len(self._open) - self._capacity)]:
            self._retire(self._open.pop(key).channel)

    def _retire(self, channel: grpc.aio.Channel) -> None:
        closing = asyncio.create_task(channel.close(grace=30))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def _make(self, target: str, identity: Identity, server_name: str | None) -> grpc.aio.Channel:
        credentials = grpc.ssl_channel_credentials(identity.ca or self._ca, identity.key, identity.certificate)
        named = (("grpc.ssl_target_name_override", server_name),) if server_name else ()
        return grpc.aio.secure_channel(target, credentials, options=(*_OPTIONS, *named))


def _target(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
        raise BadAddress("a gRPC address is https://host[:port]")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{parts.port or 443}"
