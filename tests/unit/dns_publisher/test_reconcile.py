"""The pure plan: applied to any name, it leaves exactly one payment record or touches nothing at all."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import OpId
from schemas.names import is_payment_txt
from services.dns_publisher.records.marker import Marker, digest_of, read
from services.dns_publisher.records.reconcile import (
    Create,
    Desired,
    Foreign,
    Plan,
    Present,
    Replace,
    Standing,
    left_behind,
    reconcile,
    replaced_ttl,
)

OURS, EARLIER = OpId("a" * 26), OpId("b" * 26)
URI, OLD_URI = b"bitcoin:?lno=lno1new", b"bitcoin:?lno=lno1old"
DESIRED = Desired("alice.user._bitcoin-payment.shop.test", URI, 300, OURS)


def mark(op: OpId, data: bytes, replaced: int | None = None) -> Marker:
    return Marker(op, digest_of(data), replaced)


def record(record_id: str, data: bytes, ttl: int = 300, marker: Marker | None = None, kind: str = "TXT") -> Present:
    return Present(record_id, kind, data, ttl, marker)


MINE = record("1", URI, 300, mark(OURS, URI))
PAYLOADS = st.sampled_from([URI, OLD_URI, b"BITCOIN:?lno=LNO1", b"v=spf1 -all", b""])
MARKS = st.sampled_from([None, mark(OURS, URI), mark(OURS, URI, 77), mark(EARLIER, OLD_URI), mark(EARLIER, URI)])
RECORDS = st.lists(
    st.builds(
        Present,
        record_id=st.text("abcdef", min_size=3, max_size=8),
        kind=st.sampled_from(["TXT", "TXT", "TXT", "CNAME", "A"]),
        payload=PAYLOADS,
        ttl_s=st.sampled_from([1, 60, 300, 3600]),
        marker=MARKS,
    ),
    max_size=6,
    unique_by=lambda present: present.record_id,
)


def apply(plan: Plan, desired: Desired, present: list[Present]) -> list[Present]:
    """What the provider holds after `plan`."""
    match plan:
        case Standing() | Foreign():
            return present
        case Create(made):
            return [*present, record("new", desired.payload, desired.ttl_s, made)]
        case Replace(record_id, made, extras):
            kept = record(record_id, desired.payload, desired.ttl_s, made)
            rest = [one for one in present if one.record_id not in (*extras, record_id)]
            return [*rest, kept]


@given(RECORDS)
def test_one_plan_is_enough_and_touches_only_ours(present: list[Present]) -> None:
    plan = reconcile(DESIRED, present)
    after = apply(plan, DESIRED, present)
    if isinstance(plan, Foreign):
        assert plan.record_ids
        return
    payment = [one for one in after if one.kind == "TXT" and is_payment_txt(one.payload)]
    assert [one.payload for one in payment] == [URI]
    assert isinstance(reconcile(DESIRED, after), Standing)
    untouched = {one.record_id for one in present if one.marker is None and one.payload != URI}
    assert untouched <= {one.record_id for one in after}


@given(RECORDS)
def test_foreign_payment_records_stop_everything(present: list[Present]) -> None:
    hand_made = record("hand", OLD_URI)
    plan = reconcile(DESIRED, [*present, hand_made])
    assert isinstance(plan, Foreign)
    assert "hand" in plan.record_ids


@given(RECORDS)
def test_undo_finds_all_of_this_operation_and_nothing_else(present: list[Present]) -> None:
    found = set(left_behind(OURS, present))
    assert found == {one.record_id for one in present if one.marker is not None and one.marker.op == OURS}


def test_nothing_there() -> None:
    assert reconcile(DESIRED, []) == Create(Marker(OURS, digest_of(URI)))


def test_standing() -> None:
    assert reconcile(DESIRED, [MINE, record("2", b"v=spf1 -all")]) == Standing(MINE)


def test_an_alias_is_foreign() -> None:
    assert reconcile(DESIRED, [record("9", b"", kind="CNAME")]) == Foreign(("9",))


def test_an_earlier_record_of_ours_is_replaced_in_place_and_its_ttl_remembered() -> None:
    old = record("1", OLD_URI, 3600, mark(EARLIER, OLD_URI))
    plan = reconcile(DESIRED, [old])
    assert plan == Replace("1", Marker(OURS, digest_of(URI), 3600))
    after = apply(plan, DESIRED, [old])
    assert replaced_ttl(after[0]) == 3600
    assert isinstance(reconcile(DESIRED, after), Standing)


def test_two_payment_records_become_one_in_one_step() -> None:
    old = record("2", OLD_URI, 60, mark(EARLIER, OLD_URI))
    assert reconcile(DESIRED, [old, MINE]) == Replace("1", Marker(OURS, digest_of(URI), 60), ("2",))


def test_a_wrong_ttl_is_corrected() -> None:
    assert reconcile(DESIRED, [replace(MINE, ttl_s=3600)]) == Replace("1", Marker(OURS, digest_of(URI), 3600))


def test_our_own_bytes_without_comment_are_adopted() -> None:
    assert reconcile(DESIRED, [replace(MINE, marker=None)]) == Replace("1", Marker(OURS, digest_of(URI)))


def test_markers_are_short_and_come_back() -> None:
    for replaced in (None, 0, 86400):
        marker = Marker(OURS, digest_of(URI), replaced)
        assert read(marker.text) == marker
        assert len(marker.text) < 100
    for text in (None, "", "shopstr:", "shopstr:x:y", f"shopstr:{OURS}:{'0' * 16}:x", f" shopstr:{OURS}:{'0' * 16}"):
        assert read(text) is None
