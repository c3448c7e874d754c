"""Waiting grows with the wait, ends before the step does, and then says why."""

from hypothesis import given
from hypothesis import strategies as st

from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.outcomes import Fail, Wait
from schemas.facts import Requested, SeedLost
from schemas.flows import FLOWS, Step
from schemas.ids import op_of, owner_of
from schemas.requests import NodeRegister
from services.node_manager.patience import FIRST_S, LAST_LOOK_S, LONGEST_S, pause, wait_or_fail

PUBKEY = "11" * 32
OWNER = owner_of(PUBKEY)
OP = op_of(OWNER, "k")
REQUEST = NodeRegister(
    op=OP, owner=OWNER, pubkey=PUBKEY, body_sha256="", asked_at="", node_id="02" * 33, network="regtest"
)
BEGAN = 1000.0


def operation(note_at: float | None = None) -> Operation:
    opened = StoredFact(
        "requested", "node-manager", Requested(flow="node.register", flow_version=1, request=REQUEST), 1, BEGAN
    )
    note = () if note_at is None else (StoredFact("seed-lost", "-", SeedLost(node_id="02"), 2, note_at),)
    return Operation(OpRef(OWNER, OP), (opened, *note))


def step(timeout_s: float) -> Step:
    return Step(name="open", worker="node-manager", done="opened", timeout_s=timeout_s)


def test_a_note_does_not_restart_the_clock() -> None:
    assert operation(note_at=BEGAN + 500).moved_at == BEGAN


@given(st.floats(0, 10_000), st.floats(0, 10_000))
def test_pauses_grow_and_are_bounded(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert FIRST_S <= pause(low) <= pause(high) <= LONGEST_S


@given(st.floats(0.5, 4000), st.floats(-10, 5000))
def test_a_wait_ends_inside_the_step_and_the_last_look_fails_with_the_code(timeout_s: float, waited: float) -> None:
    outcome = wait_or_fail(
        operation(), step(timeout_s), BEGAN + waited, reason="away", code=FLOWS["node.register"].name
    )
    if isinstance(outcome, Wait):
        assert outcome.after_s > 0
        assert max(0.0, waited) + outcome.after_s < timeout_s
    else:
        assert outcome == Fail("node.register", "away")
        assert waited > timeout_s - min(LAST_LOOK_S, timeout_s / 2) - 1e-6


@given(st.floats(1, 2000))
def test_looking_again_and_again_ends_in_the_code_before_the_deadline(timeout_s: float) -> None:
    now, looks = BEGAN, 0
    while isinstance(outcome := wait_or_fail(operation(), step(timeout_s), now, reason="r", code="c"), Wait):
        now, looks = now + outcome.after_s, looks + 1
    assert now < BEGAN + timeout_s - min(LAST_LOOK_S, timeout_s / 2) / 2 + 1e-6, "a late timer misses the last look"
    assert looks < 300
