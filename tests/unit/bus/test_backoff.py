"""Backoff: doubling, capped, jittered within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from bus.backoff import retry_after, sweep_after

CHANCE = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 10**9), CHANCE)
def test_within_a_fifth_of_the_nominal_pause(attempt: int, chance: float) -> None:
    nominal = min(60.0, 0.5 * 2.0 ** min(attempt, 100))
    assert 0.8 * nominal <= retry_after(attempt, chance) < 1.2 * nominal + 1e-9


def test_without_jitter_it_doubles_up_to_a_minute() -> None:
    assert [retry_after(attempt, 0.5) for attempt in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(0, 1000), CHANCE)
def test_it_never_shrinks_with_the_same_chance(attempt: int, chance: float) -> None:
    assert retry_after(attempt + 1, chance) >= retry_after(attempt, chance)


def test_the_sweeper_slows_down_to_once_an_hour() -> None:
    assert [sweep_after(30, looks) for looks in range(9)] == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_first_pause_beyond_the_cap_is_kept() -> None:
    assert sweep_after(7200, 3) == 7200
