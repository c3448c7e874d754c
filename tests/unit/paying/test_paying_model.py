"""The model on hundreds of ways at random, and on one for each rule of paying: without that rule it ends badly."""

from hypothesis import settings

from schemas.records import Outgoing
from services.node_manager.paying.verdict import SPARE_S, Over

from .model import CALL_S, Paying
from .the_node import LIFE_S, MARGIN_S, RETRY_S

Paying.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
TestPaying = Paying.TestCase

LAG_S = MARGIN_S - 0.1
WAY, NO_WAY = True, False


def begun(*, lag: float = LAG_S, lies: bool = False) -> Paying:
    """A payment that nobody was told of yet."""
    model = Paying()
    model.begin(lag=lag, lies=lies)
    return model


def told_in_vain(model: Paying) -> None:
    """A worker tells the node, and does not hear what comes of it."""
    model.act(0)
    model.answers_are_lost()
    model.act(0)


def until(model: Paying, moment: float) -> None:
    """Time passes until `moment`."""
    model.time_passes(moment - model.now)


def mine(model: Paying) -> Outgoing:
    """What is reserved; everything that must always hold does."""
    model.a_failure_is_proven()
    model.what_a_lie_has_hidden_is_told()
    model.it_is_paid_once()
    [found] = model.purse.outgoing
    return found


def test_what_is_on_its_way_is_waited_for_whatever_time_it_is() -> None:
    model = begun()
    told_in_vain(model)
    model.node_begins(0, WAY)
    until(model, LIFE_S + 10 * MARGIN_S)
    model.act(0)
    assert (mine(model).verdict, model.end) == (None, None)


def test_an_unsure_answer_and_nothing_to_see_is_no_proof() -> None:
    model = begun()
    told_in_vain(model)
    model.act(0)
    assert (mine(model).attempts, mine(model).verdict, model.end) == (1, None, None)


def test_an_invoice_that_is_about_to_end_is_not_handed_to_the_node() -> None:
    model = begun()
    until(model, LIFE_S - SPARE_S + 0.1)
    model.act(0)
    model.act(0)
    assert model.end == Over("invoice-expired")
    assert (mine(model).attempts, model.node.calls) == (0, [])


def test_the_end_of_the_invoice_is_only_known_when_the_clock_of_the_node_is_past_it() -> None:
    model = begun()
    told_in_vain(model)
    until(model, LIFE_S + 1)
    model.act(0)
    assert (mine(model).verdict, model.end) == (None, None)
    until(model, LIFE_S + MARGIN_S)
    model.act(0)
    model.act(0)
    assert model.end == Over("invoice-expired")
    assert mine(model).attempts == 1


def test_a_node_behind_its_chain_has_to_catch_up_first() -> None:
    model = begun()
    told_in_vain(model)
    model.node_falls_behind_or_catches_up()
    until(model, LIFE_S + 2 * MARGIN_S)
    model.act(0)
    assert (mine(model).verdict, model.end) == (None, None)
    model.node_falls_behind_or_catches_up()
    model.act(0)
    model.act(0)
    assert model.end == Over("invoice-expired")
    assert mine(model).attempts == 1


def test_a_call_that_tried_in_vain_may_try_again_until_its_time_is_over_by_its_own_clock() -> None:
    model = begun()
    told_in_vain(model)
    until(model, 2)
    model.node_tries_in_vain(0)
    for moment in (CALL_S + 0.1, 2 + 2 * RETRY_S - 0.1):
        until(model, moment)
        model.act(0)
        assert (mine(model).verdict, model.end) == (None, None)
    until(model, 2 + 2 * RETRY_S + MARGIN_S)
    model.act(0)
    model.act(0)
    assert model.end == Over("payment-failed")
    assert mine(model).attempts == 1


def test_what_another_payment_tried_says_nothing_of_our_call() -> None:
    model = begun()
    model.another_payment_tells()
    model.act(0)
    model.node_tries_in_vain(0)
    model.answers_are_lost()
    until(model, CALL_S + 2 * RETRY_S + MARGIN_S)
    model.act(0)
    model.act(0)
    assert (mine(model).attempts, mine(model).verdict) == (2, None)


def a_second_call(model: Paying) -> None:
    """The first call was lost, so the node was told again; both are there."""
    told_in_vain(model)
    until(model, CALL_S + 0.1)
    model.act(0)
    assert (mine(model).attempts, len(model.node.calls)) == (2, 2)


def test_tries_of_one_call_say_nothing_of_the_call_that_was_lost() -> None:
    model = begun()
    a_second_call(model)
    model.node_tries_in_vain(1)
    until(model, 40)
    model.act(0)
    model.act(0)
    assert (mine(model).attempts, mine(model).verdict, model.end) == (3, None, None)


def test_a_sure_answer_to_one_call_says_nothing_of_the_call_that_was_lost() -> None:
    model = begun()
    a_second_call(model)
    model.node_begins(1, NO_WAY)
    model.act(0)
    assert (mine(model).verdict, model.end) == (None, None)


def test_a_sure_answer_to_the_only_call_ends_it() -> None:
    model = begun()
    model.act(0)
    model.node_begins(0, NO_WAY)
    model.act(0)
    model.act(0)
    assert model.end == Over("payment-no-route")
    assert mine(model).attempts == 1


def test_of_two_that_tell_one_does() -> None:
    model = begun()
    model.step(0)
    model.step(1)
    model.act(0)
    model.act(1)
    assert (mine(model).attempts, len(model.node.calls)) == (1, 1)


def a_late_answer(model: Paying) -> None:
    """Worker 0 heard a sure no and is about to close; worker 1 thinks that it has to tell the node again."""
    model.act(0)
    model.node_begins(0, NO_WAY)
    until(model, CALL_S + 0.1)
    model.step(1)
    model.step(0)
    assert [worker.at for worker in model.workers] == ["closing", "telling"]


def test_who_is_about_to_tell_tells_nobody_once_it_is_closed() -> None:
    model = begun()
    a_late_answer(model)
    model.act(0)
    model.act(0)
    assert model.end == Over("payment-no-route")
    model.act(1)
    model.act(1)
    assert (mine(model).attempts, model.node.calls) == (1, [])


def test_who_is_about_to_close_closes_nothing_once_it_is_told_again() -> None:
    model = begun()
    a_late_answer(model)
    model.act(1)
    model.act(0)
    assert (mine(model).attempts, mine(model).verdict, model.end) == (2, None, None)


def lied_to() -> Paying:
    """The node said no to its only call, and goes on with it."""
    model = begun(lies=True)
    model.act(0)
    model.node_lies()
    model.act(0)
    model.act(0)
    assert model.end == Over("payment-no-route")
    return model


def test_what_failed_is_watched_until_no_node_takes_its_invoice() -> None:
    model = lied_to()
    for moment in (1.0, LIFE_S + 1, LIFE_S + MARGIN_S - 0.1):
        until(model, moment)
        model.the_watch_looks()
        assert mine(model).attempts == 1
        assert not model.watched
    until(model, LIFE_S + MARGIN_S)
    model.the_watch_looks()
    assert mine(model).attempts == 1
    assert (model.watched, model.told_late) == (True, False)


def test_what_a_node_behind_its_chain_may_still_pay_is_watched_and_told() -> None:
    model = lied_to()
    model.node_falls_behind_or_catches_up()
    until(model, LIFE_S + 10 * MARGIN_S)
    model.the_watch_looks()
    assert not model.watched, "it does not know yet that the invoice is over"
    model.node_begins(0, WAY)
    model.a_try_ends(arrives=True)
    model.the_watch_looks()
    assert (model.watched, model.told_late) == (True, True)


def test_what_is_on_its_way_after_all_is_watched_to_its_end_and_told() -> None:
    model = lied_to()
    model.node_begins(0, WAY)
    until(model, LIFE_S + 10 * MARGIN_S)
    model.the_watch_looks()
    assert not model.watched
    model.a_try_ends(arrives=True)
    model.the_watch_looks()
    assert mine(model).attempts == 1
    assert (model.watched, model.told_late) == (True, True)
