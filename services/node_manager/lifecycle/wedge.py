"""When a running node is stuck, and how often restarting it is tried. Pure.

A node that waits for its signer inside a call answers nobody any more: the scheduler says that it runs, and call after
call runs into its deadline. Nothing but a restart frees it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

SILENT_LOOKS = 3
"""So many looks in a row that ran into their deadline make a node stuck."""

WITHIN_S = 3600.0
AT_MOST = 3
"""Restarts within an hour; a node that they do not help needs a person."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Restart it, for the `number`-th time within the hour; `restarts` is what to remember."""

    number: int
    restarts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """It was restarted often enough."""


def restart(restarts: Iterable[float], now: float) -> Restart | Leave:
    """Whether a stuck node that was restarted at `restarts` (unix seconds) is restarted at `now`."""
    recent = tuple(at for at in restarts if now - WITHIN_S < at <= now)
    return Leave() if len(recent) >= AT_MOST else Restart(len(recent) + 1, (*recent, now))
