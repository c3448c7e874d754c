"""What a node says it was paid: read strictly, and searched without reading it all."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import node_pb2, primitives_pb2
from schemas.amounts import MAX_MSAT
from services.node_manager.greenlight.errors import Refused
from services.node_manager.receiving.pace import A_SECOND, AT_ONCE, Pace
from services.node_manager.receiving.receipt import DESCRIPTION_CHARS, Nonsense, Receipt, Unreadable, read, source_of
from services.node_manager.receiving.search import NoMore, Seen, last_before

HASH = bytes(range(32))
PAID = node_pb2.WaitanyinvoiceResponse.PAID
EXPIRED = node_pb2.WaitanyinvoiceResponse.EXPIRED


def answer(**other: object) -> node_pb2.WaitanyinvoiceResponse:
    """A payment as a node tells it."""
    fields: dict[str, object] = {
        "label": "shopstr:x",
        "payment_hash": HASH,
        "status": PAID,
        "pay_index": 7,
        "amount_received_msat": primitives_pb2.Amount(msat=5),
        "paid_at": 1_700_000_000,
        "payment_preimage": b"p" * 32,
        **other,
    }
    return node_pb2.WaitanyinvoiceResponse(**fields)  # type: ignore[arg-type]  # fields by name


def test_a_payment_is_read_without_its_preimage() -> None:
    found = read(answer(description="x" * 600), 6)
    assert found == Receipt(HASH, 5, 1_700_000_000, 7, "shopstr:x", "x" * DESCRIPTION_CHARS)
    assert "p" * 32 not in repr(found)


@pytest.mark.parametrize("index", [0, 6, 7, 1 << 62])
def test_a_count_that_does_not_rise_is_not_followed(index: int) -> None:
    assert read(answer(pay_index=index), 7) == Nonsense()


@pytest.mark.parametrize(
    "other",
    [
        {"status": EXPIRED},
        {"payment_hash": b"short"},
        {"payment_hash": b""},
        {"amount_received_msat": primitives_pb2.Amount(msat=0)},
        {"amount_received_msat": None},
        {"amount_received_msat": primitives_pb2.Amount(msat=MAX_MSAT + 1)},
        {"paid_at": None},
        {"paid_at": 1 << 40},
    ],
)
def test_what_makes_no_sense_is_passed_over(other: dict[str, object]) -> None:
    found = read(answer(**other), 6)
    assert isinstance(found, Unreadable)
    assert found.pay_index == 7


def test_only_the_row_of_that_payment_says_what_it_was_for() -> None:
    rows = [
        node_pb2.ListinvoicesInvoices(payment_hash=b"other" * 7, local_offer_id=b"o" * 32),
        node_pb2.ListinvoicesInvoices(payment_hash=HASH, local_offer_id=b"i" * 32, invreq_payer_note="n" * 999),
    ]
    source = source_of(node_pb2.ListinvoicesResponse(invoices=rows), HASH)
    assert (source.offer_id, source.payer_note) == (b"i" * 32, "n" * 256)
    assert source_of(node_pb2.ListinvoicesResponse(), HASH).offer_id is None


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 50))), st.integers(-5, 1_000))
def test_the_search_finds_where_ours_begins(steps: list[tuple[int, int]], since: int) -> None:
    index = at = 0
    paid: dict[int, int] = {}
    for gap, pause in steps:  # deleted invoices leave gaps in the count
        index, at = index + gap, at + pause
        paid[index] = at
    asked = 0

    async def probe(after: int) -> Seen | NoMore:
        nonlocal asked
        asked += 1
        later = [number for number in paid if number > after]
        return Seen(min(later), paid[min(later)]) if later else NoMore()

    found = asyncio.run(_search(since, probe))
    assert found == max((number for number, when in paid.items() if when < since), default=0)
    assert asked <= 2 * max(1, index).bit_length() + 2


def test_what_stands_in_the_way_of_the_search_is_said() -> None:
    async def probe(_after: int) -> Refused:
        return Refused("PERMISSION_DENIED")

    assert asyncio.run(_search(5, probe)) == Refused("PERMISSION_DENIED")


@given(st.lists(st.floats(0, 30), min_size=1, max_size=300))
def test_no_node_is_taken_in_faster_than_a_busy_shop_sells(pauses: list[float]) -> None:
    pace, now, taken = Pace(), 1_000.0, 0
    began = now
    for pause in [*[0.0] * AT_ONCE, *pauses]:
        now += pause + pace.pause_s(now + pause)
        taken += 1
    assert taken <= AT_ONCE + (now - began) * A_SECOND + 1


def test_what_an_outage_has_gathered_is_taken_in_at_once() -> None:
    pace = Pace()
    assert [pace.pause_s(1_000.0) for _ in range(AT_ONCE)] == [0.0] * AT_ONCE
    assert pace.pause_s(1_000.0) == 1 / A_SECOND


async def _search(since: float, probe: object) -> object:
    return await last_before(since, probe)  # type: ignore[arg-type]  # either of the two above
