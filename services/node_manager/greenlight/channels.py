"""Open gRPC channels, one for each address and identity; the least recently used is closed when there are too many.

Connections are lazy: a channel never fails when made, its first call does.
"""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import grpc
import grpc.aio

CAPACITY = 256
MESSAGE_MAX = 32 << 20
"""Largest reply in bytes, as official clients allow."""

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_MAX),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A client certificate chain and its key, PEM. `repr` shows neither."""

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> bytes:
        """Tells identities apart without keeping a key in a table's keys."""
        return hashlib.sha256(self.certificate).digest()


class BadAddress(ValueError):
    """The address is not `https://host[:port]`."""


class Channels:
    """All channels of a process; `ca` is the PEM of the root that servers must chain to."""

    def __init__(self, ca: bytes, capacity: int = CAPACITY) -> None:
        self._ca = ca
        self._capacity = capacity
        self._open: OrderedDict[tuple[str, bytes], grpc.aio.Channel] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def get(self, uri: str, identity: Identity, *, server_name: str | None = None) -> grpc.aio.Channel:
        """The channel to `uri` as `identity`; `server_name` is the name its certificate must carry if not the host.

        Raises BadAddress.
        """
        target = _target(uri)
        found = self._open.get((target, identity.fingerprint))
        if found is None:
            found = self._make(target, identity, server_name)
            self._open[target, identity.fingerprint] = found
            self._shrink()
        self._open.move_to_end((target, identity.fingerprint))
        return found

    def drop(self, identity: Identity) -> None:
        """Close every channel that speaks as `identity`, once its calls are over, and forget its key."""
        for key in [key for key in self._open if key[1] == identity.fingerprint]:
            self._retire(self._open.pop(key))

    async def close(self) -> None:
        """Close every channel; calls under way are cut."""
        for channel in self._open.values():
            await channel.close()
        self._open.clear()
        await asyncio.gather(*self._closing)

    def _make(self, target: str, identity: Identity, server_name: str | None) -> grpc.aio.Channel:
        credentials = grpc.ssl_channel_credentials(self._ca, identity.key, identity.certificate)
        named = (("grpc.ssl_target_name_override", server_name),) if server_name else ()
        return grpc.aio.secure_channel(target, credentials, options=(*_OPTIONS, *named))

    def _shrink(self) -> None:
        while len(self._open) > self._capacity:
            _, oldest = self._open.popitem(last=False)
            self._retire(oldest)

    def _retire(self, channel: grpc.aio.Channel) -> None:
        closing = asyncio.create_task(channel.close(grace=30))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


def _target(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
        raise BadAddress("a gRPC address is https://host[:port]")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{parts.port or 443}"
