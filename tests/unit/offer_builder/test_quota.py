"""Places for names: never more than allowed, never two for one operation, and given back exactly once."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import OpId
from schemas.records import Holdings
from services.offer_builder import quota
from services.offer_builder.quota import DAY_S, Limits

LIMITS = Limits(names=3, a_day=5)
NOW = 1_800_000_000.0


def ops(*numbers: int) -> list[OpId]:
    return [OpId(f"{number:x}".rjust(26, "a")) for number in numbers]


steps = st.lists(
    st.tuples(st.sampled_from(["take", "leave", "gone"]), st.integers(0, 9), st.floats(0, DAY_S / 2)), max_size=60
)


@given(steps)
def test_no_course_of_events_gives_an_owner_more_than_the_limits(course: list[tuple[str, int, float]]) -> None:
    holdings, now = Holdings(), NOW
    for what, number, later in course:
        now += later
        op, name = ops(number)[0], f"name{number}@shop.test"
        match what:
            case "take":
                answer = quota.take(holdings, op, name, now, LIMITS)
                if isinstance(answer, quota.Granted):
                    holdings = answer.holdings
                    assert quota.take(holdings, op, name, now, LIMITS) == quota.Taken()
            case "leave":
                holdings = quota.without_operation(holdings, op)
                assert quota.without_operation(holdings, op) == holdings
            case _:
                holdings = quota.without_name(holdings, name, now)
                assert name not in [holding.name for holding in holdings.held]
        assert len(holdings.held) <= LIMITS.names
        assert len({holding.op for holding in holdings.held}) == len(holdings.held)
        assert len([at for at in holdings.begun if at > now - DAY_S]) <= LIMITS.a_day


def test_full_and_fast_are_told_apart_and_a_day_later_it_goes_on() -> None:
    holdings = Holdings()
    for op in ops(1, 2, 3):
        answer = quota.take(holdings, op, op, NOW, LIMITS)
        assert isinstance(answer, quota.Granted)
        holdings = answer.holdings
    assert quota.take(holdings, ops(4)[0], "x", NOW, LIMITS) == quota.TooMany()
    for op in ops(1, 2, 3):
        holdings = quota.without_operation(holdings, op)
    for op in ops(5, 6):
        answer = quota.take(holdings, op, op, NOW, LIMITS)
        assert isinstance(answer, quota.Granted)
        holdings = quota.without_operation(answer.holdings, op)
    assert quota.take(holdings, ops(7)[0], "x", NOW + DAY_S - 1, LIMITS) == quota.TooFast()
    assert isinstance(quota.take(holdings, ops(7)[0], "x", NOW + DAY_S + 1, LIMITS), quota.Granted)


def test_a_name_in_its_next_life_keeps_its_place() -> None:
    first = quota.take(Holdings(), ops(1)[0], "alice", NOW, LIMITS)
    assert isinstance(first, quota.Granted)
    gone_at = NOW + 10
    again = quota.take(quota.without_name(first.holdings, "alice", gone_at), ops(2)[0], "alice", NOW + 20, LIMITS)
    assert isinstance(again, quota.Granted)
    assert quota.without_name(again.holdings, "alice", gone_at) == again.holdings
