"""Ending a background task for certain."""

import asyncio

AGAIN_S = 0.1


async def end(task: "asyncio.Task[object]") -> None:
    """Cancel `task` until it has ended, whatever its end was.

    Once is not enough: Python 3.11's `wait_for`, which nats-py lives on, can swallow a cancellation that arrives
    together with its result.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)
