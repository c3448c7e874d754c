"""What owners are told: the table is complete, public and fits; finished operations fold."""

import msgspec
import pytest

from bus.operations.chronicle import OwnerFact
from bus.operations.facts import Operation
from bus.operations.slip import Finished, position
from bus.tables.streams import STREAMS
from schemas import facts
from schemas.flows import FLOWS
from schemas.notifications import History, Notification
from schemas.problems import PROBLEMS
from services.notifier.folding import folded
from services.notifier.told import CODES, TOLD, notification_of
from tests.unit.edge.histories import FACTS, OP, OWNER, PROBE, begun, histories, sample, with_fact

LIMIT = next(stream.max_msg_bytes for stream in STREAMS if stream.name == "NOTIFY")
HISTORIES = [op for flow in FLOWS.values() for op in histories(flow)]

INTERNAL = {"label", "undoFrom", "recordId", "contentSha256", "flowVersion", "bodySha256", "pubkey", "previousTtlS"}


def newest(op: Operation) -> OwnerFact:
    return OwnerFact(op.flow.name, op.ref.op, op.facts[-1])


def test_every_fact_is_told_or_explicitly_silent() -> None:
    assert set(TOLD) == set(FACTS.values())


def test_codes_are_problems() -> None:
    assert set(CODES) <= set(FACTS.values())
    assert set(CODES.values()) <= set(PROBLEMS)


@pytest.mark.parametrize("name", sorted(name for name, kind in FACTS.items() if TOLD[kind] is not None))
def test_only_the_public_part_of_a_fact_is_told(name: str) -> None:
    op = begun("username.register")
    if name != "requested":
        op = with_fact(op, sample(name))
    told = notification_of(newest(op))
    assert told is not None
    assert told.id == f"{OP}:{op.last_seq}"
    assert told.type == f"username.register.{name}"
    assert not INTERNAL & told.data.keys()
    text = msgspec.json.encode(told).decode()
    assert OWNER not in text
    assert "some label" not in text
    assert msgspec.json.decode(text, type=Notification) == told


def test_that_a_quiet_operation_was_opened_is_not_told() -> None:
    op = begun("node.turn")
    assert notification_of(newest(op)) is None
    turn = notification_of(newest(with_fact(op, facts.NodeTurned(node_id="02", state="rpc", signer="detached"))))
    assert turn is not None
    assert (turn.type, turn.data) == (
        "node.turn.node-turned",
        {"nodeId": "02", "state": "rpc", "signer": "detached"},
    )


def test_the_largest_fact_fits_and_an_offer_is_never_cut() -> None:
    probes = tuple(msgspec.structs.replace(PROBE, detail="x" * 5000) for _ in range(300))
    verified = facts.Verified(verdict="secure", valid_from=1, valid_until=2, authoritative=probes, resolvers=probes)
    failed = facts.Failed(code="node-error", detail="é" * 50_000, step="offer", undo_from=None)
    offer = "lno1" + "q" * 4000
    offered = facts.Offered(node_id="02", offer_id="aa", offer=offer, label="l")
    for fact in (verified, failed, offered):
        op = with_fact(begun("username.register"), fact)
        told = notification_of(newest(op))
        assert told is not None
        assert len(msgspec.json.encode(told)) < LIMIT
    assert told is not None
    assert told.data["offer"] == offer


def test_a_fact_too_large_to_tell_is_told_without_particulars() -> None:
    offered = facts.Offered(node_id="02", offer_id="aa", offer="lno1" + "q" * 60_000, label="l")
    op = with_fact(begun("username.register"), offered)
    told = notification_of(newest(op))
    assert told is not None
    assert told.data == {"truncated": True}


def test_a_failure_carries_its_own_code() -> None:
    op = with_fact(begun("node.register"), facts.Failed(code="node-error", detail="no", step="ready", undo_from=None))
    told = notification_of(newest(op))
    assert told is not None
    assert (told.code, told.data) == ("node-error", {"code": "node-error", "detail": "no", "step": "ready"})


@pytest.mark.parametrize(
    "op", HISTORIES, ids=lambda op: f"{op.flow.name}:{','.join(fact.name for fact in op.facts[1:])}"
)
def test_exactly_the_finished_operations_fold(op: Operation) -> None:
    record, where = folded(op), position(op)
    assert (record is not None) == (isinstance(where, Finished) and not op.flow.quiet)
    if record is None or not isinstance(where, Finished):
        return
    assert record.state == where.ending
    assert (record.code is None) == (where.ending == "succeeded")
    assert record.facts == tuple(fact.name for fact in op.facts)
    assert msgspec.json.decode(msgspec.json.encode(record), type=History) == record
