"""How long a request waits for a bus that does not answer: long enough for an election, short enough for a person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bus.client.connection import Bus
from bus.errors import BusUnavailable

BUS_S = 12.0


@asynccontextmanager
async def patience(bus: Bus) -> AsyncIterator[None]:
    """The body may take `BUS_S` seconds, reconnecting included; BusUnavailable after that.

    It is not begun while the connection is down: what is sent then would lie in the client's buffer and be stored
    after we gave up on it.
    """
    try:
        async with asyncio.timeout(BUS_S):
            await _connected(bus)
            yield
    except TimeoutError:
        raise BusUnavailable(f"no answer within {BUS_S:g} s") from None


async def _connected(bus: Bus) -> None:
    if bus.connected:
        return
    back = asyncio.Event()

    async def heard() -> None:
        back.set()

    forget = bus.on_reconnect(heard)
    try:
        await back.wait()
    finally:
        forget()
