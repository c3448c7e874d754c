"""Waiting for what is not there yet: on a condition, never for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], within_s: float = 60) -> None:
    """Return once `condition` holds; AssertionError after `within_s`."""
    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, "the condition never came to hold"
        await asyncio.sleep(0.02)
