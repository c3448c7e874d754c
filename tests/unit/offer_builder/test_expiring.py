"""What an expiring offer asks for, and when: never too late, never twice, whatever the clock does."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import op_of, owner_of
from schemas.records import NameRecord, NameState
from services.offer_builder.upkeep.due import (
    RENEWALS,
    SHORTEST_S,
    Duty,
    Interrupt,
    Renew,
    Rest,
    Timetable,
    Withdraw,
    due,
)

OWNER = owner_of("11" * 32)
OTHER = op_of(OWNER, "other")
EXPIRY = 1_900_000_000
TTL_S = 300
TIMES = Timetable(margin_s=60.0, withdraw_s=3600.0, renew_s=259_200.0)
LAST = EXPIRY - 300 - 60 - 3600
BEGIN = LAST - 259_200


def asked(now: float, state: NameState = "active", expiry: int | None = EXPIRY, *, changing: bool = False) -> Duty:
    record = NameRecord(
        name="alice@shop.test",
        owner=OWNER,
        op=op_of(OWNER, "register"),
        state=state,
        node_id="02" * 33,
        changing=OTHER if changing else None,
        offer_expires_at=expiry,
    )
    return due(record, TTL_S, TIMES, now)


def test_a_rotation_is_tried_before_the_last_moment_and_a_withdrawal_from_then_on() -> None:
    assert asked(BEGIN - 1) == Rest()
    assert asked(BEGIN) == Renew(EXPIRY, 0)
    assert asked(LAST - 1) == Renew(EXPIRY, RENEWALS - 1)
    assert asked(LAST) == Withdraw(EXPIRY, 0)
    assert asked(LAST + 600) == Withdraw(EXPIRY, 1)
    assert isinstance(asked(EXPIRY + 10**6), Withdraw)


def test_what_is_being_changed_is_left_alone_until_the_last_moment() -> None:
    assert asked(LAST - 1, changing=True) == Rest()
    assert asked(LAST, changing=True) == Interrupt(OTHER)


@given(st.floats(0, 4e9), st.sampled_from(["reserved", "releasing", "paused", "quarantined"]), st.booleans())
def test_only_a_live_name_asks_for_anything(now: float, state: NameState, changing: bool) -> None:
    assert asked(now, state, changing=changing) == Rest()
    assert asked(now, expiry=None) == Rest()


@given(st.floats(0, 4e9))
def test_the_last_moment_leaves_time_to_take_the_record_out_of_every_cache(now: float) -> None:
    if not isinstance(asked(now), Withdraw):
        assert now + TIMES.withdraw_s + TTL_S + TIMES.margin_s < EXPIRY
    assert isinstance(asked(now), Rest) == (now < BEGIN)


@given(st.lists(st.floats(BEGIN - 10, LAST - 0.001), min_size=1), st.floats(0, 10), st.integers(1, 10))
def test_however_often_somebody_looks_the_tries_are_few(looks: list[float], withdraw_s: float, renew_s: int) -> None:
    tries = {duty.attempt for now in looks if isinstance(duty := asked(now), Renew)}
    assert tries <= set(range(RENEWALS))
    brief = Timetable(margin_s=0, withdraw_s=withdraw_s, renew_s=renew_s)
    record = NameRecord(name="a", owner=OWNER, op=OTHER, state="active", node_id="02" * 33, offer_expires_at=EXPIRY)
    for now in looks:
        again = due(record, 0, brief, now), due(record, 0, brief, now + SHORTEST_S / 1000)
        assert all(isinstance(duty, Rest | Renew | Withdraw) for duty in again)


def test_an_operators_record_is_never_replaced_by_itself_but_taken_out_in_time() -> None:
    record = NameRecord(
        name="alice@shop.test",
        owner=OWNER,
        op=op_of(OWNER, "publish"),
        state="active",
        node_id="",
        offer_expires_at=EXPIRY,
        by_operator=True,
    )
    assert due(record, TTL_S, TIMES, LAST - 1) == Rest()
    assert due(record, TTL_S, TIMES, LAST) == Withdraw(EXPIRY, 0)
