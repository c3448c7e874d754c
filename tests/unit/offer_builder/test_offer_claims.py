"""Who may do what to an offer, decided from its record alone; and what its versions become."""

import typing

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.base import encode
from schemas.ids import OpId, owner_of
from schemas.offers import MOVES, OfferState, OfferTerms
from schemas.records import OfferRecord, OfferVersion
from schemas.records.offer import MAX_VERSIONS
from services.offer_builder.offers import claims
from services.offer_builder.offers.versions import has_version, with_version

ID, ONE, OTHER = (OpId(letter * 26) for letter in "abc")
STATES: tuple[OfferState, ...] = typing.get_args(OfferState)
WISHES: tuple[claims.Wish, ...] = typing.get_args(claims.Wish)
NOW = 100.0


def version(number: int, op: OpId, size: int = 9) -> OfferVersion:
    """A version that `op` made."""
    return OfferVersion(
        number=number, op=op, node_id="02" * 33, node_offer_id="00" * 32, bolt12="x" * size, made_at=f"at {number}"
    )


terms_of = st.builds(
    OfferTerms, description=st.just("tea"), single_use=st.booleans(), expires_at=st.sampled_from([None, 99, 101])
)
records = st.builds(
    OfferRecord,
    id=st.just(ID),
    owner=st.just(owner_of("11" * 32)),
    node_id=st.just("02" * 33),
    state=st.sampled_from(STATES),
    terms=terms_of,
    created_at=st.just("then"),
    name=st.sampled_from([None, "alice@shop.test"]),
    versions=st.just((version(1, ID),)),
    changing=st.sampled_from([None, ONE, OTHER]),
)


@given(st.none() | records)
def test_one_operation_at_a_time_changes_an_offer(record: OfferRecord | None) -> None:
    found = claims.access(record, 7, ONE)
    if isinstance(found, claims.Ours | claims.Changeable):
        assert record is not None
        assert record.state != "making"
        assert record.changing in (None, ONE)
        assert (record.changing == ONE) == isinstance(found, claims.Ours)
    if record is not None and record.state != "making":
        both = claims.access(replace(record, changing=ONE), 7, OTHER)
        assert isinstance(both, claims.Busy)


@given(records, st.sampled_from(WISHES))
def test_what_is_begun_is_a_move_of_the_table_and_can_be_given_back(record: OfferRecord, wish: claims.Wish) -> None:
    idle = replace(record, changing=None)
    if record.state in ("making", "changing") or claims.refusal(idle, wish, NOW) is not None:
        return
    held = claims.taken(idle, wish, ONE)
    assert held.state == idle.state or held.state in MOVES[idle.state]
    assert isinstance(claims.access(held, 8, ONE), claims.Ours)
    if wish != "disable":
        assert claims.given_back(held) == idle


@given(records, st.sampled_from(WISHES))
def test_what_a_name_pays_and_what_was_used_is_never_touched(record: OfferRecord, wish: claims.Wish) -> None:
    refused = claims.refusal(record, wish, NOW)
    if record.name is not None:
        assert refused == "offer-named"
    elif record.state == "used":
        assert refused == "offer-used"
    elif wish == "enable" and refused is None:
        assert record.state == "disabled"
        assert record.terms.expires_at != 99
    elif wish == "change" and refused is None:
        assert not record.terms.single_use


def test_versions_are_numbered_on_and_the_newest_are_kept_within_what_a_bucket_takes() -> None:
    record = OfferRecord(
        id=ID,
        owner=owner_of("11" * 32),
        node_id="02" * 33,
        state="active",
        terms=OfferTerms(description="ü" * 256, issuer="ü" * 64),
        created_at="then",
    )
    ops = [OpId(f"{number:026}") for number in range(3 * MAX_VERSIONS)]
    for op in ops:
        record = with_version(record, version(1, op, size=3000))
        assert has_version(record, op)
    assert [kept.number for kept in record.versions] == list(range(2 * MAX_VERSIONS + 1, 3 * MAX_VERSIONS + 1))
    assert [kept.op for kept in record.versions] == ops[-MAX_VERSIONS:]
    assert record.current is not None
    assert record.current.replaced_at is None
    assert all(kept.replaced_at is not None for kept in record.versions[:-1])
    assert len(encode(record)) < 60_000
