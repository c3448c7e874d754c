"""Which offers are over, and which of them are let go of: at the very moment, at the very number, and never one that
may yet be paid."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bus.buckets.kv import Entry
from schemas.ids import OpId, Owner
from schemas.offers import OfferState, OfferTerms
from schemas.records import NameRecord, OfferRecord
from services.offer_builder.offers.over import Over, excess, may_be_paid_again, over
from tests.unit.offer_builder.test_offer_claims import ID, ONE, OTHER, records, version

NOW, WRITTEN, KEEP_S = 1000.0, 600.0, 100.0


def entry(state: OfferState, expires_at: int | None = None, **more: object) -> Entry[OfferRecord]:
    record = OfferRecord(
        id=ID,
        owner=Owner("o" * 26),
        node_id="02" * 33,
        state=state,
        terms=OfferTerms(description="tea", expires_at=expires_at),
        created_at="then",
        versions=(replace(version(1, ID), expires_at=expires_at),),
    )
    return Entry(replace(record, **more), 7, WRITTEN)


def test_disabled_and_used_are_over_since_the_last_write() -> None:
    for state in ("disabled", "used"):
        found = over(entry(state, used_by=ONE, changing=OTHER), NOW)
        assert found is not None
        assert (found.since, found.revision, found.ops) == (WRITTEN, 7, frozenset({ID, ONE, OTHER}))


@pytest.mark.parametrize(
    ("expires_at", "since"), [(None, None), (1001, None), (1000, 1000.0), (700, 700.0), (1, 600.0)]
)
def test_an_active_offer_is_over_once_it_has_expired(expires_at: int | None, since: float | None) -> None:
    found = over(entry("active", expires_at), NOW)
    assert (found and found.since) == since
    assert over(entry("active", expires_at, name="alice@shop.test"), NOW) is None


@given(records, st.floats(0, 2000))
def test_what_is_being_made_or_changed_or_may_be_paid_is_not_over(record: OfferRecord, now: float) -> None:
    found = over(Entry(record, 1, WRITTEN), now)
    if record.state in ("making", "changing"):
        assert found is None
    if record.state == "active" and record.versions[-1].expires_at is None:
        assert found is None


def one(number: int, since: float, name: str | None = None) -> Over:
    op = OpId(f"{number:026d}")
    return Over(Owner("o" * 26), op, number, since, "disabled", name, frozenset({op}))


def test_what_is_over_for_so_long_goes_at_that_moment() -> None:
    offers = [one(number, since) for number, since in enumerate((899.9, 900.0, 900.1))]
    assert excess(offers, KEEP_S, 10, NOW) == offers[:2]


@given(st.lists(st.tuples(st.floats(901, 1000), st.booleans()), max_size=30), st.integers(0, 12))
def test_beyond_so_many_the_oldest_go(ages: list[tuple[float, bool]], most: int) -> None:
    offers = [one(number, since, "a@b.test" if named else None) for number, (since, named) in enumerate(ages)]
    gone = excess(offers, KEEP_S, most, NOW)
    kept = [offer for offer in offers if offer not in gone and offer.name is None]
    assert all(offer.name is None for offer in gone)
    assert len(kept) == min(most, sum(not named for _, named in ages))
    assert not gone or not kept or max(offer.since for offer in gone) <= min(offer.since for offer in kept)


@pytest.mark.parametrize("state", [None, *typing.get_args(typing.get_type_hints(NameRecord)["state"])])
@pytest.mark.parametrize("op", [ID, OTHER])
def test_a_name_that_is_not_given_up_may_pay_its_offer_again(state: str | None, op: OpId) -> None:
    record = NameRecord(name="alice@shop.test", owner=Owner("o" * 26), op=op, state="active", node_id="02" * 33)
    standing = None if state is None else replace(record, state=state)
    expected = op == ID and state not in (None, "quarantined")
    assert may_be_paid_again(replace_id(one(1, 1.0, record.name)), standing) == expected


def replace_id(offer: Over) -> Over:
    return Over(offer.owner, ID, offer.revision, offer.since, offer.state, offer.name, offer.ops)
