"""What a node's record shows: never what is sealed, and since when its state is what it is."""

import msgspec
import pytest

from bus.buckets.kv import Entry
from schemas.base import utc_text
from schemas.ids import OpId, Owner
from schemas.nodes import NodeState
from schemas.records import NodeRecord, NodeView
from services.node_manager.keep.views import view_of

RECORD = NodeRecord(
    node_id="02" * 33, owner=Owner("o" * 26), op=OpId("p" * 26), network="regtest", state="rpc", credentials="SEALED"
)


def record(state: NodeState, at: float) -> Entry[NodeRecord]:
    return Entry(msgspec.structs.replace(RECORD, state=state), 7, at)


def test_no_record_shows_nothing() -> None:
    assert view_of(None, None) is None
    assert view_of(None, view_of(record("rpc", 1), None)) is None


def test_nothing_sealed_is_shown() -> None:
    shown = view_of(record("rpc", 1), None)
    assert shown is not None
    assert b"SEALED" not in msgspec.json.encode(shown)
    public = {"node_id", "owner", "op", "network", "state", "since", "signer", "leaving"}
    assert set(NodeView.__struct_fields__) == public


@pytest.mark.parametrize("state", ["registered", "scheduled", "rpc"])
def test_a_state_is_since_it_began_however_often_the_record_is_written(state: NodeState) -> None:
    first = view_of(record(state, 100), None)
    assert first is not None
    assert (first.state, first.since) == (state, utc_text(100))
    assert view_of(record(state, 200), first) == first


def test_another_state_begins_when_its_record_was_written() -> None:
    before = view_of(record("registered", 100), None)
    after = view_of(record("rpc", 200), before)
    assert after is not None
    assert (after.state, after.since) == ("rpc", utc_text(200))
