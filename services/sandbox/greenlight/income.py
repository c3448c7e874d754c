"""What comes in to a node and goes out, as its streams tell it and its balance shows it.

As on a real node, what `ListPeerChannels` says may lag behind the event by a commitment round trip, and a stream tells
only what happens while it is open.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import Final

import grpc.aio
import msgspec

from proto import greenlight_pb2
from services.sandbox.greenlight.money.faults import Kind
from services.sandbox.greenlight.money.rows import Balance, InvoiceRow
from services.sandbox.greenlight.money.till import Till

News = greenlight_pb2.IncomingPayment
Context = grpc.aio.ServicerContext[greenlight_pb2.StreamIncomingFilter, News]

_OUTSIDE: Final = "outside"


class Income:
    """The news of node `node_id` (hex)."""

    def __init__(self, node_id: str, till: Till) -> None:
        self._node_id, self._till = node_id, till
        self._listeners: set[asyncio.Queue[News | None]] = set()
        self._lagging: list[tuple[float, int]] = []

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    @property
    def shown(self) -> Balance:
        """The node's channel as its calls show it now: without what has not reached it yet."""
        now = time.monotonic()
        self._lagging = [(until, msat) for until, msat in self._lagging if until > now]
        balance = self._till.ledger.balance(self._node_id)
        came = sum(msat for _, msat in self._lagging if msat > 0)
        went = -sum(msat for _, msat in self._lagging if msat < 0)
        return msgspec.structs.replace(balance, ours=balance.ours - came, leaving=balance.leaving + went)

    def receive(self, msat: int, lag_s: float) -> None:
        """Fund the node from outside, shown only after `lag_s` seconds; tells every stream at once. Raises NoRoom."""
        self._till.ledger.fund(self._node_id, msat)
        self._lag(msat, lag_s)
        self._tell(
            greenlight_pb2.OffChainPayment(
                label=_OUTSIDE,
                amount=greenlight_pb2.Amount(millisatoshi=msat),
                payment_hash=secrets.token_bytes(32),
            )
        )

    def arrived(self, invoice: InvoiceRow) -> None:
        """An invoice of the node has just been paid."""
        msat = invoice.received_msat or 0
        self._lag(msat)
        self._till.heard(invoice)
        self._tell(
            greenlight_pb2.OffChainPayment(
                label=invoice.label,
                amount=greenlight_pb2.Amount(millisatoshi=msat),
                payment_hash=invoice.payment_hash,
                bolt11="" if invoice.is_bolt12 else invoice.text,
            )
        )

    def left(self, msat: int) -> None:
        """A payment of the node has just arrived where it was to go."""
        self._lag(-msat)

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

    def _lag(self, msat: int, lag_s: float = 0.0) -> None:
        fault = self._till.faults.take(Kind.BALANCE_LAG, self._node_id)
        lag_s = fault.for_s if fault else lag_s
        if lag_s:
            self._lagging.append((time.monotonic() + lag_s, msat))

    def _tell(self, payment: greenlight_pb2.OffChainPayment) -> None:
        for listener in self._listeners:
            listener.put_nowait(News(offchain=payment))
