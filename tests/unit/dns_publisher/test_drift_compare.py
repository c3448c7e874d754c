"""Drift as a pure comparison: what counts, and that one change always mends what may be mended."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.ids import OpId, Owner
from schemas.records import NameRecord, Published
from services.dns_publisher.drift.compare import IN_THE_WAY, Drift, drift_of, mending
from services.dns_publisher.drift.expected import expected_of
from services.dns_publisher.records.marker import Marker, digest_of
from services.dns_publisher.records.reconcile import Create, Desired, Present, Replace

OURS, OTHER = OpId("o" * 26), OpId("t" * 26)
DESIRED = Desired("alice.user._bitcoin-payment.shop.test", b"bitcoin:?lno=lno1q", 300, OURS)
RIGHT = Present("1", "TXT", DESIRED.payload, 300, DESIRED.marker)
RECORD = NameRecord(
    name="alice@shop.test", owner=Owner("a" * 26), op=OURS, state="active", node_id="", uri="bitcoin:?lno=lno1q"
)
VIEW = Published(
    owner_name=DESIRED.name + ".",
    zone="shop.test.",
    record_id="1",
    content_sha256=hashlib.sha256(DESIRED.payload).hexdigest(),
    ttl_s=300,
    op=OURS,
)


def other(kind: str = "TXT", payload: bytes = b"BitCoin:?lno=lno1p", ttl_s: int = 300) -> Present:
    return Present("2", kind, payload, ttl_s)


@pytest.mark.parametrize(
    ("present", "kind"),
    [
        ((RIGHT,), None),
        ((RIGHT, other(payload=b"v=spf1")), None),
        ((Present("1", "TXT", DESIRED.payload, 1, None, 300),), None),
        ((Present("1", "TXT", DESIRED.payload, 300, None),), None),
        ((), "missing"),
        ((other(payload=b"v=spf1"),), "missing"),
        ((other(),), "changed"),
        ((RIGHT, other()), "second"),
        ((RIGHT, Present("2", "TXT", DESIRED.payload, 300, None)), "second"),
        ((Present("1", "TXT", DESIRED.payload, 301, DESIRED.marker),), "ttl"),
        ((other("CNAME", b""),), "blocked"),
        ((RIGHT, other("NS", b"")), "blocked"),
        ((RIGHT, other("A", b"")), None),
    ],
)
def test_what_counts_as_drift(present: Sequence[Present], kind: str | None) -> None:
    found = drift_of(DESIRED, present)
    assert (found.kind if isinstance(found, Drift) else None) == kind
    if found is not None:
        assert "lno1" not in found.detail


marks = st.none() | st.sampled_from([OURS, OTHER]).map(lambda op: Marker(op, digest_of(b"x")))
records = st.lists(
    st.builds(
        Present,
        st.uuids().map(str),
        st.sampled_from(["TXT", "TXT", "TXT", "A", *sorted(IN_THE_WAY)]),
        st.sampled_from([DESIRED.payload, b"bitcoin:?lno=lno1p", b"BITCOIN:", b"v=spf1", b""]),
        st.sampled_from([60, 300]),
        marks,
    ),
    max_size=4,
    unique_by=lambda record: record.record_id,
)


@given(records)
def test_one_change_mends_what_may_be_mended_and_touches_nothing_else(present: list[Present]) -> None:
    plan = mending(DESIRED, present)
    blocked = any(record.kind in IN_THE_WAY for record in present)
    if drift_of(DESIRED, present) is None or blocked:
        assert plan is None or not blocked
        return
    assert plan is not None
    touched = {plan.record_id, *plan.extras} if isinstance(plan, Replace) else set()
    assert all(record.payload[:8].lower() == b"bitcoin:" for record in present if record.record_id in touched)
    left = [record for record in present if record.record_id not in touched]
    record_id = plan.record_id if isinstance(plan, Replace) else "new"
    assert isinstance(plan, Create | Replace)
    left.append(Present(record_id, "TXT", DESIRED.payload, DESIRED.ttl_s, plan.mark))
    assert drift_of(DESIRED, left) is None


@pytest.mark.parametrize(
    "change",
    [
        {"state": "reserved"},
        {"state": "releasing"},
        {"state": "quarantined"},
        {"changing": OTHER},
        {"uri": None},
        {"uri": "bitcoin:?lno=lno1p"},
    ],
)
def test_what_an_operation_may_be_changing_is_not_expected(change: dict[str, object]) -> None:
    whole = expected_of("alice=shop.test", RECORD, VIEW)
    assert whole is not None
    assert whole.desired == DESIRED
    assert expected_of("alice=shop.test", replace(RECORD, **change), VIEW) is None
