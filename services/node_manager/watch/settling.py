"""When a balance has settled after an event: a node tells of a payment before its channel shows it. Pure.

A change that was announced is looked for with growing pauses until it shows and then holds still for one more look;
what never shows within the pauses (a payment that changed nothing) is taken as it is.
"""

from dataclasses import dataclass

from services.node_manager.watch.balance import Balance

LOOKS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0)
"""Pauses before the second look, the third, … (seconds): twelve seconds for a commitment round trip."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Read once more after `pause_s` seconds."""

    pause_s: float


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing more is expected."""


def after_look(before: Balance, looks: tuple[Balance, ...]) -> LookAgain | Settled:
    """What follows the reads `looks` that were made since an event; `before` is what was known when it came."""
    moved = looks[-1] != before
    still = len(looks) > 1 and looks[-1] == looks[-2]
    if (moved and still) or len(looks) > len(LOOKS_S):
        return Settled()
    return LookAgain(LOOKS_S[len(looks) - 1])
