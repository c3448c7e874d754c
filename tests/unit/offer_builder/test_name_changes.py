"""Who may change or take a name, decided from the record alone."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.facts import OpRef
from schemas.ids import op_of, owner_of
from schemas.records import NameRecord, NameState
from services.offer_builder import claims

OWNER, STRANGER = owner_of("11" * 32), owner_of("22" * 32)
REGISTER, ROTATE, RELEASE = (op_of(OWNER, key) for key in ("register", "rotate", "release"))
NODE = "02" * 33
STATES: tuple[NameState, ...] = ("reserved", "active", "releasing", "paused", "quarantined")

records = st.builds(
    NameRecord,
    name=st.just("alice@shop.test"),
    owner=st.sampled_from([OWNER, STRANGER]),
    op=st.just(REGISTER),
    state=st.sampled_from(STATES),
    node_id=st.just(NODE),
    changing=st.sampled_from([None, ROTATE, RELEASE]),
    quarantined_until=st.one_of(st.none(), st.floats(0, 200)),
)
refs = st.sampled_from([OpRef(OWNER, ROTATE), OpRef(OWNER, RELEASE), OpRef(STRANGER, op_of(STRANGER, "x"))])


@given(st.none() | records, refs)
def test_only_the_owner_changes_a_live_name_and_only_one_operation_at_a_time(
    record: NameRecord | None, ref: OpRef
) -> None:
    found = claims.access(record, 7, ref)
    if isinstance(found, claims.Changeable | claims.Ours):
        assert record is not None
        assert record.owner == ref.owner
        assert record.state != "quarantined"
        assert (record.changing is None) == isinstance(found, claims.Changeable)
        assert record.changing in (None, ref.op)
        assert isinstance(found, claims.Ours) or record.state in ("active", "paused")
    if record is not None and record.state == "active" and record.owner == ref.owner and record.changing is None:
        assert found == claims.Changeable(record, 7)


@given(records, st.floats(0, 200))
def test_a_stranger_waits_for_the_whole_quarantine_and_its_former_owner_for_none(
    record: NameRecord, now: float
) -> None:
    other = STRANGER if record.owner == OWNER else OWNER
    assert claims.may_take(record, record.owner, now)
    assert claims.may_take(record, other, now) == (record.quarantined_until is None or now >= record.quarantined_until)


@given(records, st.floats(0, 200))
def test_a_reservation_that_is_taken_back_never_shortens_a_quarantine(record: NameRecord, now: float) -> None:
    left = claims.without_reservation(record, now)
    other = STRANGER if record.owner == OWNER else OWNER
    if left is None:
        assert claims.may_take(record, other, now)
    else:
        assert (left.state, left.owner, left.quarantined_until) == (
            "quarantined",
            record.owner,
            record.quarantined_until,
        )


def test_a_record_of_an_older_store_is_a_live_name_that_may_be_changed() -> None:
    stored = (
        f'{{"name":"alice@shop.test","owner":"{OWNER}","op":"{REGISTER}","state":"active","nodeId":"{NODE}",'
        '"uri":"bitcoin:?lno=x","offer":"x","activeSince":null,"verdict":"secure","validUntil":9}'
    )
    record = msgspec.json.decode(stored, type=NameRecord)
    assert (record.changing, record.offer_op, record.quarantined_until) == (None, None, None)
    assert claims.access(record, 1, OpRef(OWNER, ROTATE)) == claims.Changeable(record, 1)
