"""Lanes: a few at once for each receiver, nobody forgotten, nobody in another's way."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import Owner
from schemas.webhooks import DeliveryId, DeliveryRef, WebhookId
from services.notifier.webhooks.lanes import (
    PER_FAILING_RECEIVER,
    PER_PROCESS,
    PER_RECEIVER,
    WAITING_PER_RECEIVER,
    Lanes,
)


def ref(hook: str, number: int = 0) -> DeliveryRef:
    return DeliveryRef(owner=Owner("o" * 26), webhook_id=WebhookId(hook), id=DeliveryId(f"{hook}{number}"))


def test_a_receiver_has_its_slots_and_no_other_ones() -> None:
    lanes = Lanes()
    assert [lanes.enter(WebhookId("slow"), failing=False) for _ in range(PER_RECEIVER + 1)] == [True] * 4 + [False]
    assert lanes.enter(WebhookId("quick"), failing=False)
    for number in range(WAITING_PER_RECEIVER):
        assert lanes.ahead_of(ref("slow", number)) == number
        assert lanes.wait(ref("slow", number))
    assert lanes.ahead_of(ref("slow", 9999)) is None
    assert not lanes.wait(ref("slow", 9999))
    assert lanes.next() is None
    assert lanes.wait(ref("quick", 1))
    assert lanes.next() == ref("quick", 1)
    lanes.leave(WebhookId("slow"))
    assert lanes.next() == ref("slow", 0)
    assert lanes.next() is None


def test_a_receiver_that_fails_gets_one_at_a_time() -> None:
    lanes = Lanes()
    entered = [lanes.enter(WebhookId("dead"), failing=True) for _ in range(3)]
    assert entered.count(True) == PER_FAILING_RECEIVER == 1


def test_a_process_has_its_slots_too() -> None:
    lanes = Lanes()
    entered = [lanes.enter(WebhookId(str(number // 4)), failing=False) for number in range(PER_PROCESS + 4)]
    assert entered.count(True) == PER_PROCESS
    assert lanes.wait(ref("last"))
    assert lanes.next() is None
    lanes.leave(WebhookId("0"))
    assert lanes.next() == ref("last")


hooks = st.sampled_from(["a", "b", "c"])
steps = st.lists(st.tuples(st.sampled_from(["enter", "wait", "leave"]), hooks, st.integers(0, 30)), max_size=120)


@given(steps)
def test_who_waits_is_served_once_and_nothing_is_left_behind(happening: list[tuple[str, str, int]]) -> None:
    lanes, running, waiting = Lanes(), list[str](), dict[DeliveryId, DeliveryRef]()
    for what, hook, number in happening:
        match what:
            case "enter":
                if lanes.enter(WebhookId(hook), failing=False):
                    running.append(hook)
            case "wait":
                assert lanes.wait(ref(hook, number))
                waiting[ref(hook, number).id] = ref(hook, number)
            case "leave" if running:
                lanes.leave(WebhookId(running.pop(0)))
        while (served := lanes.next()) is not None:
            assert waiting.pop(served.id) == served
            running.append(served.webhook_id)
        assert (lanes.running, lanes.waiting) == (len(running), len(waiting))
        assert all(running.count(name) <= PER_RECEIVER for name in ("a", "b", "c"))
        for waiter in waiting.values():
            assert running.count(waiter.webhook_id) == PER_RECEIVER  # nobody waits beside a free slot
    while running:
        lanes.leave(WebhookId(running.pop(0)))
        while (served := lanes.next()) is not None:
            assert waiting.pop(served.id) == served
            running.append(served.webhook_id)
    assert not waiting
    assert (lanes.running, lanes.waiting) == (0, 0)
