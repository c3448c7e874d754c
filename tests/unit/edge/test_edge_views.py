"""Folding: every history of every flow has one public state, and only the right one."""

import msgspec
import pytest

from bus.operations import slip
from bus.operations.facts import Operation
from schemas.facts import Propagating
from schemas.flows import FLOWS, FlowName
from services.edge.views.operations import FINISHED, WAITING_FOR, OperationView, accepted, view
from tests.unit.edge.histories import NODE, REQUESTS, begun, histories, sample, with_fact

ALL = [op for flow in FLOWS.values() for op in histories(flow)]


@pytest.mark.parametrize("op", ALL, ids=lambda op: f"{op.flow.name}:{','.join(fact.name for fact in op.facts[1:])}")
def test_every_history_folds_to_the_state_its_position_means(op: Operation) -> None:
    seen = view(op)
    match slip.position(op):
        case slip.Todo(step=step):
            newest_is_note = op.facts[-1].name in op.flow.notes
            assert (seen.state, seen.step) == ("waiting" if newest_is_note else "running", step.name)
            assert (seen.problem is not None) == newest_is_note
        case slip.Undo(step=step):
            assert (seen.state, seen.step) == ("undoing", step.name)
            assert seen.problem is not None
        case slip.Finished(ending=ending):
            assert seen.state == ending
            assert (seen.problem is None) == (ending == "succeeded")
    assert seen.finished == (seen.state in FINISHED)
    assert (seen.result is not None) == (seen.state == "succeeded")
    assert seen.seq == op.last_seq
    assert [fact.seq for fact in seen.facts] == sorted(fact.seq for fact in op.facts)
    text = msgspec.json.encode(seen)
    assert msgspec.json.encode(msgspec.json.decode(text, type=OperationView)) == text


def test_every_note_of_every_flow_says_what_is_waited_for() -> None:
    assert {note for flow in FLOWS.values() for note in flow.notes} == set(WAITING_FOR)


def test_what_is_on_its_way_says_how_far_it_is() -> None:
    op = begun("username.register")
    for step in FLOWS["username.register"].steps[:4]:
        op = with_fact(op, sample(step.done))
    note = Propagating(right=5, servers=6, detail="127.0.0.4:53 (udp): no payment record", settles_in_s=42.0)
    problem = view(with_fact(op, note)).problem
    assert problem is not None
    assert problem.code == "dns-not-propagated"
    assert problem.detail == (
        "5 of 6 authoritative servers are right; 127.0.0.4:53 (udp): no payment record; "
        "settled 42 s after the last one is"
    )


def finished(flow: FlowName) -> OperationView:
    op = begun(flow)
    for step in FLOWS[flow].steps:
        op = with_fact(op, sample(step.done, flow))
    return view(op)


def test_a_registered_name_has_a_result_with_its_proof() -> None:
    result = finished("username.register").result
    assert result is not None
    assert result["name"] == "alice@shop.test"
    assert result["display"] == "₿alice@shop.test"
    assert result["nodeId"] == NODE
    assert {"uri", "revision", "verdict", "validFrom", "validUntil", "authoritative", "resolvers"} <= result.keys()


def test_a_registered_node_has_a_result() -> None:
    assert finished("node.register").result == {
        "nodeId": "some node_id",
        "network": "regtest",
        "how": "some how",
        "version": "some version",
        "blockHeight": 7,
        "revision": 7,
    }


def test_an_untaken_request_is_accepted_and_its_tag_differs_from_the_opened_one() -> None:
    before, after = accepted(REQUESTS["node.register"]), view(begun("node.register"))
    assert (before.state, before.seq, before.id) == ("accepted", 0, after.id)
    assert before.etag != after.etag


def test_a_failure_keeps_its_code_and_step_to_the_end() -> None:
    op = begun("username.register")
    op = with_fact(op, sample("reserved"))
    step = FLOWS["username.register"].step("offer")
    op = with_fact(op, slip.failed(op, step, "signer-detached", "attach it", clean=False))
    while isinstance(where := slip.position(op), slip.Undo):
        op = with_fact(op, sample(where.step.undone or ""))
    seen = view(op)
    assert (seen.state, seen.step) == ("failed", "offer")
    assert seen.problem is not None
    assert (seen.problem.code, seen.problem.detail, seen.problem.retryable) == ("signer-detached", "attach it", True)


def test_no_view_shows_internal_fields() -> None:
    for op in ALL:
        text = msgspec.json.encode(view(op)).decode()
        assert op.ref.owner not in text
        assert op.request.body_sha256 not in text
        assert "some record_id" not in text
        assert "some label" not in text
