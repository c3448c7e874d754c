"""Ending a coroutine at any one of the places where it waits."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


class _Driven:
    """`work`, told to stop where it waits for the time after `waits`; `was_cut` is whether it came that far."""

    def __init__(self, work: Coroutine[Any, Any, object], waits: int) -> None:
        self._work, self._waits = work, waits
        self.was_cut = False

    def __await__(self) -> Generator[Any, None, None]:
        step, seen = self._work.send, 0
        argument: Any = None
        while True:
            try:
                waiting = step(argument)
            except StopIteration:
                return
            except asyncio.CancelledError:
                if self.was_cut:
                    return
                raise
            if seen == self._waits and not self.was_cut:
                self.was_cut, step, argument = True, self._work.throw, asyncio.CancelledError()
                if waiting is not None:
                    waiting._asyncio_future_blocking = False  # nobody waits for it any more
                continue
            seen += 1
            step, argument = self._work.send, None
            try:
                yield waiting
            except asyncio.CancelledError as cancelled:
                step, argument = self._work.throw, cancelled


async def cut(work: Coroutine[Any, Any, object], waits: int) -> bool:
    """Run `work` and end it after it has waited `waits` times; False if it was done before that."""
    driven = _Driven(work, waits)
    await driven
    return driven.was_cut
