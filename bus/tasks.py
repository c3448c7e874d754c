"""Ending a background task for certain, and not being ended before the last thing is done."""

import asyncio
from collections.abc import Coroutine

AGAIN_S = 0.1


async def end(task: "asyncio.Task[object]") -> None:
    """Cancel `task` until it has ended, whatever its end was.

    Once is not enough: Python 3.11's `wait_for`, which nats-py lives on, can swallow a cancellation that arrives
    together with its result.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)


async def through(work: Coroutine[object, object, None]) -> None:
    """Wait until `work` is done, however often this task is cancelled meanwhile; then raise the cancellation.

    For the last thing on the way out, where half of it is a harm to others: `work` has to end by itself, and soon.
    """
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
