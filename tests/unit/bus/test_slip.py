"""The routing slip over random flows: every history ends, undo runs in reverse, and never past the pivot."""

import typing
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.operations import slip
from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.slip import Finished, Todo, Undo
from bus.tables.subjects import WORKERS
from schemas.facts import AnyFact, Failed, FailedDirty, Requested, fact_name
from schemas.flows import FLOWS, NOBODY, Flow, Step
from schemas.ids import OpId, Owner
from schemas.requests import UsernameRegister

RESERVED = {"requested", "failed", "cancelled", "failed-dirty"}
KINDS = {
    str(kind.__struct_config__.tag): kind
    for kind in typing.get_args(AnyFact)
    if kind.__struct_config__.tag not in RESERVED
}
ASKED = UsernameRegister(
    op=OpId("a" * 26), owner=Owner("b" * 26), pubkey="", body_sha256="", asked_at="", username="", domain="", node_id=""
)


def blank(name: str) -> AnyFact:
    """A fact called `name` whose fields say nothing."""
    hints = typing.get_type_hints(KINDS[name])
    values = {field.name: _nothing(hints[field.name]) for field in msgspec.structs.fields(KINDS[name])}
    return typing.cast("AnyFact", KINDS[name](**values))


def _nothing(kind: object) -> object:
    empty: dict[object, object] = {str: "", int: 0, float: 0.0}
    return () if typing.get_origin(kind) is tuple else empty.get(kind)


@st.composite
def random_flows(draw: st.DrawFn) -> Flow:
    """A flow of one to six steps; one is the pivot, any step up to it may be undoable, and there may be a note."""
    names = draw(st.permutations(sorted(KINDS)))
    count = draw(st.integers(1, 6))
    pivot = draw(st.integers(0, count - 1))
    steps = tuple(
        Step(
            name=f"step-{i}",
            worker=draw(st.sampled_from(WORKERS)),
            done=names[i],
            undone=names[6 + i] if i <= pivot and draw(st.booleans()) else None,
            timeout_s=10,
            pivot=i == pivot,
        )
        for i in range(count)
    )
    return Flow(name="username.register", version=1, steps=steps, notes=(names[12],))


def opened() -> Operation:
    """An operation that was just asked for."""
    requested = Requested(flow="username.register", flow_version=1, request=ASKED)
    first = FLOWS["username.register"].first_worker
    return Operation(OpRef(ASKED.owner, ASKED.op), (StoredFact("requested", first, requested, 1, 1.0),))


def grown(op: Operation, commit: slip.Commit) -> Operation:
    """`op` after `commit` was stored."""
    seq = op.last_seq + 1
    return Operation(op.ref, (*op.facts, StoredFact(commit.name, commit.next, commit.fact, seq, float(seq))))


@dataclass(frozen=True)
class Walk:
    """A history and where it stood before each fact."""

    op: Operation
    positions: list[slip.Position]


def moves(op: Operation) -> list[AnyFact]:
    """Every fact that a correct worker may commit now."""
    note = op.flow.notes[0]
    notes = [] if op.has(note) else [blank(note)]
    match slip.position(op):
        case Finished():
            return []
        case Undo(step=step):
            assert step.undone
            return [blank(step.undone), FailedDirty(step=step.name, detail="")]
        case Todo(step=step) if slip.is_past_pivot(op):
            return [blank(step.done), FailedDirty(step=step.name, detail=""), *notes]
        case Todo(step=step):
            give_up = [slip.failed(op, step, "internal", "", clean=clean) for clean in (True, False)]
            return [blank(step.done), slip.cancelled(op, step), *give_up, *notes]


@given(random_flows(), st.data())
def test_every_history_ends(flow: Flow, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FLOWS, "username.register", flow)
        op = opened()
        longest = 3 * len(flow.steps) + 3
        for _ in range(longest):
            choices = moves(op)
            if not choices:
                break
            op = grown(op, slip.advance(op, data.draw(st.sampled_from(choices))))
        assert isinstance(slip.position(op), Finished)


def undone_steps(flow: Flow, op: Operation) -> list[Step]:
    by_undone = {step.undone: step for step in flow.steps if step.undone}
    return [by_undone[fact.name] for fact in op.facts if fact.name in by_undone]


def with_flow(flow: Flow, data: st.DataObject) -> Walk:
    """One walk through `flow`."""
    op, positions = opened(), []
    while choices := moves(op):
        positions.append(slip.position(op))
        op = grown(op, slip.advance(op, choices[data.draw(st.sampled_from([0, 0, *range(len(choices))]))]))
    positions.append(slip.position(op))
    return Walk(op, positions)


@given(random_flows(), st.data())
def test_undo_runs_in_reverse_and_covers_everything_that_acted(flow: Flow, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FLOWS, "username.register", flow)
        walk = with_flow(flow, data)
        undone = undone_steps(flow, walk.op)
        order = [flow.steps.index(step) for step in undone]
        assert order == sorted(order, reverse=True)
        assert len(set(order)) == len(order)
        if walk.positions[-1] in (Finished("failed"), Finished("cancelled")):
            acted = [step for step in flow.steps if step.undone and walk.op.has(step.done)]
            assert [step for step in acted if step not in undone] == []


@given(random_flows(), st.data())
def test_nothing_is_undone_past_the_pivot(flow: Flow, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FLOWS, "username.register", flow)
        walk = with_flow(flow, data)
        if slip.is_past_pivot(walk.op):
            assert undone_steps(flow, walk.op) == []
            assert walk.positions[-1] in (Finished("succeeded"), Finished("failed-dirty"))


@given(random_flows(), st.data())
def test_the_addressee_of_the_newest_fact_is_whoever_the_position_waits_for(flow: Flow, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FLOWS, "username.register", flow)
        op = opened()
        op = Operation(op.ref, (StoredFact("requested", flow.first_worker, op.facts[0].body, 1, 1.0),))
        while True:
            moved = [fact for fact in op.facts if fact.name not in flow.notes]
            match slip.position(op):
                case Todo(step=step, since=since) | Undo(step=step, since=since):
                    assert moved[-1].next == step.worker
                    assert since == moved[-1].at
                case Finished():
                    assert moved[-1].next == NOBODY
                    return
            op = grown(op, slip.advance(op, data.draw(st.sampled_from(moves(op)))))


@given(random_flows())
def test_the_straight_road_visits_every_step_once(flow: Flow) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FLOWS, "username.register", flow)
        op, seen = opened(), list[str]()
        while isinstance(where := slip.position(op), Todo):
            seen.append(where.step.name)
            op = grown(op, slip.advance(op, blank(where.step.done)))
        assert seen == [step.name for step in flow.steps]
        assert slip.position(op) == Finished("succeeded")


@pytest.mark.parametrize("make", ["failed", "cancelled"])
def test_past_the_pivot_nobody_may_give_up(make: str) -> None:
    flow = FLOWS["username.register"]
    op = opened()
    for step in flow.steps[: flow.pivot_index + 1]:
        op = grown(op, slip.advance(op, blank(step.done)))
    last = flow.steps[-1]
    with pytest.raises(ValueError, match="past its pivot"):
        slip.cancelled(op, last) if make == "cancelled" else slip.failed(op, last, "internal", "", clean=False)


def test_a_clean_failure_spares_its_own_step() -> None:
    op = opened()
    first, second = FLOWS["username.register"].steps[:2]
    op = grown(op, slip.advance(op, blank(first.done)))
    clean = slip.failed(op, second, "node-error", "", clean=True)
    unclean = slip.failed(op, second, "node-error", "", clean=False)
    assert isinstance(clean, Failed)
    assert isinstance(unclean, Failed)
    assert (clean.undo_from, unclean.undo_from) == (first.name, second.name)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda flow: flow.name)
def test_real_flows_have_one_pivot_and_undo_nothing_after_it(flow: Flow) -> None:
    assert sum(step.pivot for step in flow.steps) == 1
    assert not [step for step in flow.steps[flow.pivot_index + 1 :] if step.undone]
    tokens = [step.done for step in flow.steps] + [step.undone for step in flow.steps if step.undone] + [*flow.notes]
    assert len(set(tokens)) == len(tokens)
    assert set(tokens) <= set(KINDS)
    assert all(fact_name(blank(name)) == name for name in tokens)
