"""A delivery's course: the table of pauses, and that no order of events loses it, doubles it or leaves it asleep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.ids import OpId, Owner
from schemas.webhooks import ATTEMPTS_KEPT, PING, Delivery, DeliveryId, Webhook, WebhookId
from services.notifier.webhooks import course
from services.notifier.webhooks.course import (
    DELAYS_S,
    HELD_LOOK_S,
    KEPT_S,
    PINGS_MAX,
    RETRY_AFTER_MAX_S,
    Answered,
    Become,
    End,
    Go,
    NotYet,
    Over,
    UnderWay,
    Unreached,
)
from services.notifier.webhooks.sender import retry_after_s

NOW = 1_800_000_000.0
TIMEOUT_S = 15.0
HOOK = Webhook(
    id=WebhookId("w" * 26), url="https://shop.example/", events=(), description="", created_at=NOW, after_seq=0
)
OFF = replace(HOOK, state="disabled", disabled_by="owner")


def made(kind: str = "username.register.activated") -> Delivery:
    return Delivery(
        id=DeliveryId("d" * 26),
        owner=Owner("o" * 26),
        webhook_id=HOOK.id,
        type=kind,
        seq=7,
        body="{}",
        created_at=NOW,
    )


def attempt(delivery: Delivery, end: End, at: float, took_s: float = 1.0) -> Delivery:
    return course.ended(course.begun(delivery, at, TIMEOUT_S), end, at + took_s, scale=1, chance=0.5)


def test_the_pauses_take_about_three_days_and_then_it_has_failed() -> None:
    delivery, at, pauses = made(), NOW, list[float]()
    while not delivery.is_final:
        assert course.look(delivery, HOOK, at) == Go()
        delivery = attempt(delivery, Answered(500), at)
        if delivery.next_at is not None:
            pauses.append(delivery.next_at - at - 1)
            assert course.look(delivery, HOOK, delivery.next_at - 0.01) == NotYet(delivery.next_at)
            at = delivery.next_at
    assert pauses == pytest.approx(list(DELAYS_S))
    assert 2.9 * 86400 < sum(pauses) < 3.1 * 86400
    assert (delivery.state, delivery.reason, delivery.tries) == ("failed", "attempts-exhausted", len(DELAYS_S) + 1)
    assert course.look(delivery, HOOK, at + KEPT_S) == Over()


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_taken(status: int) -> None:
    delivery = attempt(made(), Answered(status), NOW)
    assert (delivery.state, delivery.next_at, delivery.attempts[-1].status) == ("delivered", None, status)


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 408, 429, 500, 503])
def test_anything_else_comes_again(status: int) -> None:
    delivery = attempt(made(), Answered(status), NOW)
    assert (delivery.state, delivery.tries) == ("pending", 1)
    assert delivery.next_at == NOW + 1 + DELAYS_S[0]


def test_410_is_the_end() -> None:
    delivery = attempt(made(), Answered(410), NOW)
    assert (delivery.state, delivery.reason) == ("failed", "gone")


def test_a_ping_is_sent_once_and_to_a_disabled_webhook_too() -> None:
    ping = made(PING)
    assert course.look(ping, OFF, NOW) == Go()
    assert attempt(ping, Answered(500), NOW).state == "failed"


@pytest.mark.parametrize(
    ("asked", "pause_s"), [(None, 5), (0.0, 5), (60.0, 60), (RETRY_AFTER_MAX_S, RETRY_AFTER_MAX_S), (1e9, 86400)]
)
def test_retry_after_lengthens_a_pause_up_to_a_day(asked: float | None, pause_s: float) -> None:
    delivery = attempt(made(), Answered(503, asked), NOW)
    assert delivery.next_at == NOW + 1 + pause_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 40, 999_999_999.0),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, NOW) == seconds


def test_an_attempt_of_unknown_outcome_is_repeated_only_after_its_claim_has_run_out() -> None:
    claimed = course.begun(made(), NOW, TIMEOUT_S)
    assert isinstance(course.look(claimed, HOOK, NOW + TIMEOUT_S), UnderWay)
    assert isinstance(course.look(claimed, HOOK, NOW + TIMEOUT_S, due=NOW + 1e6), UnderWay)
    assert course.look(claimed, HOOK, (claimed.next_at or 0) + 0.01) == Go()
    again = course.begun(claimed, NOW + 60, TIMEOUT_S)
    assert [(seen.status, seen.error) for seen in again.attempts] == [(None, None)] * 2


def test_what_never_tells_how_it_ended_does_not_go_on_for_ever() -> None:
    """An attempt that kills its process, every time."""
    for kind, most in (("username.register.activated", len(DELAYS_S) + 1), (PING, PINGS_MAX)):
        delivery, now, begun = made(kind), NOW, 0
        while course.look(delivery, HOOK, now) == Go():
            delivery, begun = course.begun(delivery, now, TIMEOUT_S), begun + 1
            now = (delivery.next_at or 0) + 1
        decision = course.look(delivery, HOOK, now)
        assert isinstance(decision, Become)
        assert (decision.delivery.state, begun) == ("failed", most)


def test_an_alarm_is_believed_when_our_clock_is_behind() -> None:
    pending = attempt(made(), Answered(500), NOW)
    assert pending.next_at is not None
    assert course.look(pending, HOOK, NOW - 120, due=pending.next_at) == Go()
    assert course.look(pending, HOOK, NOW, due=pending.next_at - 1) == NotYet(pending.next_at)


def test_what_is_disabled_holds_and_goes_on() -> None:
    decision = course.look(made(), OFF, NOW)
    assert isinstance(decision, Become)
    held = decision.delivery
    assert (held.state, held.next_at) == ("held", NOW + HELD_LOOK_S)
    assert course.look(held, OFF, NOW + 1) == NotYet(NOW + HELD_LOOK_S)
    assert isinstance(course.look(held, OFF, NOW + HELD_LOOK_S + 1), Become)
    assert course.look(held, HOOK, NOW + 1) == Go()


@pytest.mark.parametrize(("hook", "at", "reason"), [(None, 0, "webhook-removed"), (HOOK, KEPT_S + 1, "expired")])
def test_what_nobody_waits_for_is_given_up(hook: Webhook | None, at: float, reason: str) -> None:
    decision = course.look(made(), hook, NOW + at)
    assert isinstance(decision, Become)
    assert (decision.delivery.state, decision.delivery.reason) == ("failed", reason)


ends: st.SearchStrategy[End] = st.one_of(
    st.builds(Answered, st.integers(100, 599), st.none() | st.floats(0, 1e7)),
    st.sampled_from([Unreached("timeout"), Unreached("dns"), Unreached("address-refused")]),
)
events = st.lists(
    st.tuples(
        st.sampled_from(["ring", "ring early", "end", "die", "disable", "enable", "redeliver"]),
        ends,
        st.floats(0, 90_000),
    ),
    max_size=60,
)


@given(events)
def test_whatever_happens_it_is_over_or_an_alarm_will_ring(happening: list[tuple[str, End, float]]) -> None:
    """The courier's own order of work on a model bus: one alarm, one record; a crash is just an attempt that ends
    unseen."""
    delivery, hook, now, alarm = made(), HOOK, NOW, NOW
    for what, end, passing in happening:
        now += passing
        match what:
            case "disable":
                hook = OFF
            case "enable":
                hook = HOOK
            case "redeliver" if delivery.state != "sending":
                alarm = now
                delivery = replace(delivery, state="pending", next_at=now, tries=0, redelivered_by=OpId("r" * 26))
            case "end" if delivery.state == "sending" and now <= (delivery.next_at or 0):
                delivery = course.ended(delivery, end, now, scale=1, chance=0.5)
                alarm = delivery.next_at or alarm
            case "ring" | "ring early":
                now = max(now, alarm) if what == "ring" else now
                match course.look(delivery, hook, now, alarm if what == "ring" else 0):
                    case Go():
                        assert hook.state == "enabled"
                        assert delivery.state != "sending" or now >= (delivery.next_at or 0)
                        delivery = course.begun(delivery, now, TIMEOUT_S)
                        alarm = delivery.next_at or 0
                    case NotYet(at=at):
                        alarm = at
                    case Become(delivery=wanted):
                        delivery, alarm = wanted, wanted.next_at or alarm
                    case UnderWay() | Over():
                        pass
            case _:
                pass
        assert len(delivery.attempts) <= ATTEMPTS_KEPT
        assert delivery.body == "{}"
        assert delivery.is_final == (delivery.next_at is None and delivery.state in ("delivered", "failed"))
        if not delivery.is_final:
            assert alarm >= NOW
            assert delivery.next_at is None or alarm >= delivery.next_at or delivery.state == "pending"
