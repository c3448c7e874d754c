"""What replaying a dead letter means: a table over where it came from and how things stand."""

import msgspec
import pytest

from bus.dead_letters.letters import Letter
from bus.dead_letters.replay import (
    AlreadyDone,
    AskAgain,
    AskedAlready,
    Decision,
    Look,
    Newest,
    NotReplayable,
    OfOperation,
    OfRequest,
    RingAgain,
    Unreplayable,
    decide_replay,
    origin_of,
)
from bus.operations import slip
from bus.operations.facts import Operation, OpRef
from bus.operations.timers import Tick
from bus.tables import subjects
from schemas.base import encode
from schemas.facts import FailedDirty
from schemas.requests import Cancel
from tests.unit.bus.test_admission import CANCEL, NAME, NODE_ASKED, ON, OP, OWNER
from tests.unit.bus.test_decide import FLOW, cancelled, done, grown, opened, undone

REF = OpRef(OWNER, OP)
ORIGIN_SEQ, LETTER = 7, 3


def letter(subject: str, stream: str, consumer: str, data: bytes = b"{}", error_type: str = "RuntimeError") -> Letter:
    return Letter(LETTER, 100.0, stream, consumer, subject, ORIGIN_SEQ, "it kept failing", error_type, 7, data)


def of_fact(worker: str = "node-manager", error_type: str = "RuntimeError") -> Letter:
    return letter(subjects.saga(OWNER, OP, "reserved", worker), "LEDGER", worker, error_type=error_type)


def of_alarm(worker: str = "node-manager") -> Letter:
    return letter(subjects.tick(worker, OP), "TIMERS", f"tick-{worker}", encode(Tick(owner=OWNER, op=OP)))


def of_request() -> Letter:
    return letter(ON[NAME], "INGRESS", "ingress-offer-builder", encode(NAME))


def of_cancel() -> Letter:
    return letter(subjects.request("username", "cancel", OP), "INGRESS", "ingress-offer-builder", encode(CANCEL))


def decided(of: Letter, op: Operation | None = None, newest: Newest | None = None) -> Decision:
    return decide_replay(origin_of(of), op, newest, of, 100.0)


def failed(op: Operation) -> Operation:
    step = FLOW.step("offer")
    return grown(op, slip.failed(op, step, "internal", "", clean=True))


PENDING = done("reserve")  # node-manager acts next
UNDOING = cancelled(done("reserve"))  # node-manager takes back first
UNDONE = undone(UNDOING, "offer", "reserve")
DIRTY = grown(UNDOING, FailedDirty(step="offer", detail="x"))
PIVOTED = done("reserve", "offer", "compose", "publish", "prove", "settle")
DONE = grown(PIVOTED, done("reserve", "offer", "compose", "publish", "prove", "settle", "activate").facts[-1].body)
FAILED = undone(failed(PENDING), "reserve")

LOOK = Look("node-manager", REF)


@pytest.mark.parametrize("of", [of_fact(), of_alarm()], ids=["fact", "alarm"])
@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (None, NotReplayable("its operation is no longer kept")),
        (opened(), AlreadyDone("offer-builder acts next")),
        (PENDING, LOOK),
        (UNDOING, LOOK),
        (UNDONE, AlreadyDone("its operation is over: cancelled")),
        (FAILED, AlreadyDone("its operation is over: failed")),
        (DIRTY, AlreadyDone("its operation is over: failed-dirty")),
        (PIVOTED, AlreadyDone("offer-builder acts next")),
        (DONE, AlreadyDone("its operation is over: succeeded")),
    ],
)
def test_a_fact_or_an_alarm_is_looked_at_again_where_its_worker_has_something_to_do(
    of: Letter, op: Operation | None, expected: Decision
) -> None:
    assert decided(of, op) == expected


def test_a_late_effect_is_taken_back_again_although_its_operation_is_over() -> None:
    assert decided(of_fact(error_type="Dirty"), UNDONE) == LOOK
    assert decided(of_fact("offer-builder", error_type="Dirty"), UNDONE) == AlreadyDone(
        "its operation is over: cancelled"
    )


@pytest.mark.parametrize("op", [PENDING, DONE, DIRTY])
def test_the_notifier_looks_whatever_stands(op: Operation) -> None:
    assert decided(of_fact("notifier"), op) == Look("relay", REF)
    assert decided(of_alarm("relay"), op) == Look("relay", REF)


def test_nobody_can_be_told_of_what_is_no_longer_kept() -> None:
    assert decided(of_fact("notifier")) == NotReplayable("its operation is no longer kept")


def test_the_alarm_of_a_webhook_delivery_rings_again() -> None:
    assert decided(letter(subjects.delivery_tick("d"), "TIMERS", "tick-webhook", b'{"id":"d"}')) == RingAgain()


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        (None, AskAgain(0)),
        (Newest(ORIGIN_SEQ, None), AskAgain(ORIGIN_SEQ)),
        (Newest(ORIGIN_SEQ + 1, None), AlreadyDone("it was asked again since")),
        (Newest(ORIGIN_SEQ + 1, LETTER), AskedAlready()),
        (Newest(ORIGIN_SEQ + 1, LETTER + 1), AlreadyDone("it was asked again since")),
    ],
)
def test_a_request_of_which_nothing_came_is_asked_again_once(newest: Newest | None, expected: Decision) -> None:
    assert decided(of_request(), None, newest) == expected
    assert decided(of_cancel(), PENDING, newest) == expected


@pytest.mark.parametrize("op", [opened(), PENDING, DONE, DIRTY, UNDOING])
def test_a_request_whose_operation_stands_is_done(op: Operation) -> None:
    assert decided(of_request(), op, Newest(ORIGIN_SEQ, None)) == AlreadyDone("its operation was opened")


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (None, NotReplayable("there is no operation to take back")),
        (UNDOING, AlreadyDone("its operation is being taken back, or was")),
        (UNDONE, AlreadyDone("its operation is being taken back, or was")),
        (PIVOTED, NotReplayable("its operation can no longer be taken back")),
        (DONE, NotReplayable("its operation can no longer be taken back")),
    ],
)
def test_a_cancel_is_asked_again_only_while_it_would_matter(op: Operation | None, expected: Decision) -> None:
    assert decided(of_cancel(), op, Newest(ORIGIN_SEQ, None)) == expected


@pytest.mark.parametrize(
    "of",
    [
        letter("-", "LEDGER", "node-manager"),
        letter("saga.a.b.c.d", "LEDGER", "somebody-else"),
        letter("saga.a.b", "LEDGER", "node-manager"),
        letter("req.v1.node", "INGRESS", "ingress-node-manager", encode(NODE_ASKED)),
        letter("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.LEDGER.notifier", "ADVISORY", "advisory-notifier"),
        letter(subjects.tick("node-manager", OP), "TIMERS", "tick-node-manager", b"not json"),
        letter(ON[NAME], "INGRESS", "ingress-offer-builder", b"not json"),
        letter(ON[NODE_ASKED], "INGRESS", "ingress-node-manager", encode(NAME)),
        letter("ntf.o", "NOTIFY", "nobody"),
    ],
)
def test_what_cannot_be_looked_at_again_says_why(of: Letter) -> None:
    origin = origin_of(of)
    assert isinstance(origin, Unreplayable)
    assert decided(of) == NotReplayable(origin.reason)


def test_where_a_letter_came_from() -> None:
    assert origin_of(of_fact()) == OfOperation("node-manager", REF)
    assert origin_of(of_alarm()) == OfOperation("node-manager", REF)
    cancel = msgspec.convert(msgspec.to_builtins(CANCEL), Cancel)
    assert origin_of(of_cancel()) == OfRequest(cancel, "username", "cancel")
