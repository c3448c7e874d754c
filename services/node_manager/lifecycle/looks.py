"""When to look at a running node again. Pure.

Looking costs a node its rest (a call resets the scheduler's idle clock), so it is dense only after its owner used it
and thins out until the scheduler can put it to sleep in between.
"""

SOONEST_S = 2.0
LATEST_S = 900.0


def pause(since_used_s: float) -> float:
    """Seconds until the next look at a node that was last used `since_used_s` seconds ago."""
    return min(LATEST_S, max(SOONEST_S, since_used_s / 2))
