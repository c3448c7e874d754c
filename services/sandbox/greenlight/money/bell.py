"""A bell that rings whenever the ledger has changed: who waits for something looks again."""

import asyncio


class Bell:
    """Rung by anybody, heard by everybody who waits at that moment."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    async def heard(self) -> None:
        """Return at the next ring."""
        await self._next.wait()
