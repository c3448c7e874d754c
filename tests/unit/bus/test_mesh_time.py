"""The mesh's time: our own clock until the bus was asked, then the bus's, whatever happens to ours."""

import pytest

from bus.client.mesh_time import MeshTime


def test_a_clock_that_is_off_or_set_does_not_matter_once_the_bus_was_asked() -> None:
    own, steady = [1_000.0], [50.0]
    clock = MeshTime(own=lambda: own[0], steady=lambda: steady[0])
    assert (clock.now(), clock.skew_s) == (1_000.0, 0.0)
    clock.set(1_120.0, at=49.0)
    assert clock.now() == 1_121.0
    assert clock.skew_s == -121.0
    own[0] += 3_600  # somebody sets our clock
    steady[0] += 10
    assert clock.now() == 1_131.0


@pytest.mark.parametrize("ahead_s", [-120.0, 0.0, 120.0])
def test_skew_is_how_far_our_own_clock_is_ahead(ahead_s: float) -> None:
    clock = MeshTime(own=lambda: 1_000.0 + ahead_s, steady=lambda: 7.0)
    clock.set(1_000.0, at=7.0)
    assert clock.skew_s == ahead_s
