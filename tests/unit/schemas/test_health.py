"""When the health of a name turns, and whose turn it is to be looked at."""

from hypothesis import given
from hypothesis import strategies as st

from bus.rounds.rota import Rota
from schemas.base import utc_text
from schemas.health import FINE, WHAT_TO_DO, Aspect, HealthState, Reading, heard

STATES: tuple[HealthState, ...] = ("ok", "degraded", "down", "unknown")


def reading(state: HealthState) -> Reading:
    return FINE if state == "ok" else Reading(state=state, reason="record-missing", detail=state)


def after(*states: HealthState) -> Aspect:
    aspect: Aspect | None = None
    for second, state in enumerate(states):
        aspect = heard(aspect, reading(state), float(second))
    assert aspect is not None
    return aspect


def test_what_was_seen_once_turns_nothing() -> None:
    aspect = after("ok", "down", "ok", "degraded", "ok")
    assert (aspect.state, aspect.since, aspect.seen, aspect.is_news) == ("ok", utc_text(0), None, False)


def test_what_was_seen_twice_turns_and_is_news() -> None:
    aspect = after("ok", "down", "down", "down")
    assert (aspect.state, aspect.since, aspect.was, aspect.is_news) == ("down", utc_text(2), "ok", True)
    assert after("ok", "down", "degraded").state == "ok", "two that differ are not the same twice"


def test_the_first_look_and_not_knowing_are_no_news() -> None:
    assert not after("down").is_news
    assert not after("ok", "unknown", "unknown").is_news
    back = after("ok", "unknown", "unknown", "ok", "ok")
    assert (back.state, back.was, back.is_news) == ("ok", "ok", False)
    worse = after("ok", "unknown", "unknown", "down", "down")
    assert (worse.was, worse.is_news) == ("ok", True)


def test_what_was_seen_twice_elsewhere_turns_at_once() -> None:
    aspect = heard(after("ok"), reading("down"), 9.0, sure=True)
    assert (aspect.state, aspect.since, aspect.was) == ("down", utc_text(9), "ok")


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=30))
def test_a_state_turns_only_with_the_look_that_confirms_it(states: list[HealthState]) -> None:
    aspect: Aspect | None = None
    for second, state in enumerate(states):
        before, aspect = aspect, heard(aspect, reading(state), float(second))
        if before is not None and before.state != aspect.state:
            assert state == states[second - 1] == aspect.state
            assert aspect.since == utc_text(second)
        elif before is not None:
            assert aspect.since == before.since
        assert aspect.reason in WHAT_TO_DO


@given(st.dictionaries(st.text(max_size=8), st.integers(0, 3), max_size=40), st.integers(1, 5))
def test_everything_has_its_turn_once_a_round_and_what_changes_at_once(keys: dict[str, int], most: int) -> None:
    rota = Rota(every_s=100.0)
    rota.heed(keys, 0.0)
    seen: list[str] = []
    for now in range(101):
        rota.heed(keys, float(now))
        for key in rota.due(float(now), len(keys) + 1):
            rota.looked(key, float(now))
            seen.append(key)
    assert sorted(seen) == sorted(keys)
    rota.heed({key: version + 1 for key, version in keys.items()}, 101.0)
    assert set(rota.due(101.0, 100)) == set(keys)
    assert len(rota.due(101.0, most)) == min(most, len(keys))
    rota.heed({}, 102.0)
    assert rota.due(1e9, 100) == []


def test_what_is_in_doubt_is_looked_at_sooner() -> None:
    rota = Rota(every_s=100.0)
    rota.heed({}, 0.0)
    rota.heed({"a": 1}, 0.0)
    rota.looked("a", 0.0, 30.0)
    assert (rota.due(29.0, 9), rota.due(30.0, 9)) == ([], ["a"])
    rota.looked("gone", 0.0)
