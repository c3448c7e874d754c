"""How long to wait before trying again: doubling, capped, jittered. Pure; the caller brings the randomness."""

CAP_S = 60.0
FIRST_S = 0.5
JITTER = 0.2


def retry_after(attempt: int, chance: float) -> float:
    """Seconds to wait after delivery number `attempt` (1, 2, …) failed: `min(60, 0.5*2^attempt)`, ±20 %.

    `chance` is uniform in [0, 1); 0.5 means no jitter. Source: facts/nats.md §4.4.
    """
    return _doubled(FIRST_S, attempt, CAP_S) * (1 - JITTER + 2 * JITTER * chance)


def sweep_after(first_s: float, looks: int, cap_s: float = 3600.0) -> float:
    """Seconds of standstill after which the sweeper ticks for the time number `looks` + 1; doubles up to `cap_s`."""
    return _doubled(first_s, looks, max(first_s, cap_s))


def _doubled(first_s: float, times: int, cap_s: float) -> float:
    # 2**64 outgrows any cap and still fits a float: a huge count must not overflow.
    return float(min(cap_s, first_s * 2.0 ** min(max(times, 0), 64)))
