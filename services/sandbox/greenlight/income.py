"""Payments that reach a node from outside the sandbox: credited first, then told to whoever listens.

As on a real node, what `ListPeerChannels` says may lag behind the event by a commitment round trip, and a stream tells
only what happens while it is open.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable

import grpc.aio

from proto import greenlight_pb2

News = greenlight_pb2.IncomingPayment
Context = grpc.aio.ServicerContext[greenlight_pb2.StreamIncomingFilter, News]


class Income:
    """One node's income; `held` is its side of the channel in msat, `credit` adds to it."""

    def __init__(self, held: Callable[[], int], credit: Callable[[int], None]) -> None:
        self._held, self._credit = held, credit
        self._listeners: set[asyncio.Queue[News | None]] = set()
        self._lagging: list[tuple[float, int]] = []

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    @property
    def shown_msat(self) -> int:
        """The node's side of the channel as its calls show it now: without what is still on its way."""
        now = time.monotonic()
        self._lagging = [(until, msat) for until, msat in self._lagging if until > now]
        return self._held() - sum(msat for _, msat in self._lagging)

    def receive(self, msat: int, lag_s: float) -> None:
        """Credit `msat`, shown only after `lag_s` seconds, and tell every stream at once."""
        self._credit(msat)
        self._lagging.append((time.monotonic() + lag_s, msat))
        payment = greenlight_pb2.OffChainPayment(
            label="outside",
            amount=greenlight_pb2.Amount(millisatoshi=msat),
            payment_hash=secrets.token_bytes(32),
        )
        for listener in self._listeners:
            listener.put_nowait(News(offchain=payment))

    async def told(self, context: Context) -> AsyncIterator[News]:
        """What one stream is sent, until its client leaves or the node stops. Opening it is confirmed at once."""
        queue: asyncio.Queue[News | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            await context.send_initial_metadata(())
            while (payment := await queue.get()) is not None:
                yield payment
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """End every stream."""
        for listener in self._listeners:
            listener.put_nowait(None)
