"""From which pay index on a node's payments are ours to tell, without reading all that came before.

A node that comes to us may have been paid a million times: the index is found by halving, in some forty questions.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.node_manager.greenlight.errors import CallProblem


@dataclass(frozen=True, slots=True)
class Seen:
    """The first payment after an index: its own index, and when it was paid (unix seconds by the node's clock)."""

    index: int
    paid_at: int


@dataclass(frozen=True, slots=True)
class NoMore:
    """Nothing was paid after that index."""


Probe = Callable[[int], Awaitable[Seen | NoMore | CallProblem]]
"""What was paid first after a pay index."""


async def last_before(since: float, probe: Probe) -> int | CallProblem:
    """The highest pay index that was paid before `since` (unix seconds); 0 if none was.

    What is told twice is one operation, so a clock that was set back costs nothing but time.
    """
    old, step = 0, 1
    while True:  # leap ahead, twice as far each time, as long as what is found there is old
        seen = await probe(old + step - 1)
        if not isinstance(seen, Seen | NoMore):
            return seen
        if isinstance(seen, NoMore) or seen.paid_at >= since:
            break
        old, step = max(seen.index, old + step), step * 2
    new = old + step  # nothing after `new - 1` is old
    while new - old > 1:
        middle = (old + new) // 2
        seen = await probe(middle - 1)
        if not isinstance(seen, Seen | NoMore):
            return seen
        if isinstance(seen, Seen) and seen.paid_at < since:
            old = max(seen.index, middle)
        else:
            new = middle
    return old
