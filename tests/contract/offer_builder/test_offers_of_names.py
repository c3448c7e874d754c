"""What a name pays is an offer with a record, which follows the name: made, rotated, paused and given up with it."""

import pytest
from msgspec.structs import replace

from bus.buckets.kv import Bucket
from bus.operations.outcomes import Done
from schemas.bip321 import compose
from schemas.bolt12 import Offer, OfferFields, decode_offer, encode_offer
from schemas.facts import Changing, Composed, Gone, Offered, Verified
from schemas.flows import FLOWS
from schemas.offers import TermsChange, terms_of_name
from schemas.records import NameRecord, OfferRecord
from schemas.requests import UsernamePause
from services.offer_builder.handlers.begin import Begin
from services.offer_builder.handlers.pause import Pause
from services.offer_builder.handlers.switch import Switch

from .stage import ALICE, NODE, Seller, Stage, names, offer_text, why
from .test_username_release import a_desk, live, standing

OTHER_NODE = "03" * 33
SWITCH, BEGIN = FLOWS["username.rotate"].step("switch"), FLOWS["username.rotate"].step("begin")


async def record_of(stage: Stage, name: NameRecord) -> OfferRecord | None:
    """The record of what the name pays."""
    entry = await Bucket(stage.edge, "offers", OfferRecord).get(f"{name.owner}.{name.op}")
    return entry.value if entry else None


def dearer() -> str:
    """Alice's offer at a price."""
    offer = decode_offer(offer_text())
    assert isinstance(offer, Offer)
    said = {field: getattr(offer, field) for field in OfferFields.__struct_fields__}
    text = encode_offer(OfferFields(**{**said, "amount": 7000}))
    assert isinstance(text, str)
    return text


async def test_the_record_follows_the_name_from_its_registration_to_its_end(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    name = await live(stage, seller)
    first = await record_of(stage, name)
    assert first is not None
    assert (first.id, first.state, first.name, first.terms) == (name.op, "active", ALICE, terms_of_name(ALICE))
    assert [version.bolt12 for version in first.versions] == [name.offer]
    request = seller.rotates("alice", "rotate", OTHER_NODE)
    await stage.ended(await stage.ask(request))
    second = await record_of(stage, name)
    assert second is not None
    assert [(one.number, one.op, one.replaced_at is None) for one in second.versions] == [
        (1, name.op, False),
        (2, request.op, True),
    ]
    assert second.terms == first.terms
    await stage.ended(await stage.ask(seller.releases("alice", "release")))
    last = await record_of(stage, name)
    assert last is not None
    assert (last.state, last.versions[-1].replaced_at is None) == ("disabled", False)


async def test_a_node_that_does_not_make_what_was_asked_for_changes_nothing(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    name = await live(stage, seller)
    before = await record_of(stage, name)
    asked = replace(seller.rotates("alice", "dearer"), terms=TermsChange(amount_msat="7000"))
    op = await stage.ended(await stage.ask(asked))
    assert why(op) == "offer-differs"
    assert names(op)[-2:] == ["offer-disabled", "unchanged"]
    assert await record_of(stage, name) == before


@pytest.mark.parametrize(
    ("terms", "revision", "code"),
    [
        (TermsChange(issuer="bob"), None, "offer-terms-invalid"),
        (TermsChange(expires_at=4_000_000_000), None, "offer-terms-invalid"),
        (TermsChange(description="x"), 1_000_000, "offer-changed"),
    ],
)
async def test_what_is_not_an_owners_to_say_of_a_names_offer(
    stage: Stage, terms: TermsChange, revision: int | None, code: str
) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    name = await live(stage, seller)
    asked = replace(seller.rotates("alice", "other"), terms=terms, offer_revision=revision)
    op = await stage.ended(await stage.ask(asked))
    assert why(op) == code
    assert await stage.record("alice") == name


async def test_a_name_from_before_gets_a_record_with_what_it_paid_and_later_attempts_change_nothing(
    stage: Stage,
) -> None:
    desk, seller = await a_desk(stage), Seller()
    before = NameRecord(
        name=ALICE,
        owner=seller.asks("alice").owner,
        op=seller.asks("alice", "first").op,
        state="active",
        node_id=NODE,
        uri=compose(offer_text()),
        offer=offer_text(),
        active_since="2026-01-01T00:00:00.000Z",
    )
    await desk.names.create("alice=shop.test", before)
    request = replace(seller.rotates("alice", "rotate"), terms=TermsChange(amount_msat="7000"))
    begun = await Begin(desk).act(standing(request), BEGIN)
    assert isinstance(begun, Done)
    assert isinstance(begun.fact, Changing)
    terms = replace(terms_of_name(ALICE), amount_msat="7000")
    assert (begun.fact.offer_id, begun.fact.terms) == (before.op, terms)
    new = dearer()
    op = standing(
        request,
        ("changing", begun.fact),
        ("offered", Offered(node_id=NODE, offer_id="00" * 32, offer=new, label="x")),
        ("composed", Composed(name=ALICE, owner_name="o", uri=compose(new), ttl_s=300, offer_expires_at=None)),
        ("verified", Verified(verdict="secure", valid_from=1, valid_until=99, authoritative=(), resolvers=())),
    )
    assert isinstance(await Switch(desk).act(op, SWITCH), Done)
    record = await record_of(stage, before)
    assert record is not None
    assert [(one.number, one.op, one.bolt12) for one in record.versions] == [
        (1, before.op, offer_text()),
        (2, request.op, new),
    ]
    assert (record.terms, record.state) == (terms, "active")
    assert isinstance(await Switch(desk).act(op, SWITCH), Done)
    assert await record_of(stage, before) == record


async def test_a_paused_name_has_an_offer_that_nobody_is_told_of(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    desk, seller = await a_desk(stage), Seller()
    name = await live(stage, seller)
    asked = seller.asks("alice", "pause")
    request = UsernamePause(
        op=asked.op,
        owner=asked.owner,
        pubkey="",
        body_sha256="",
        asked_at=asked.asked_at,
        username="alice",
        domain="shop.test",
        expiring_at=7,
    )
    begun = await Begin(desk).act(standing(request), FLOWS["username.pause"].step("begin"))
    assert isinstance(begun, Done)
    gone = FLOWS["username.pause"].step("pause")
    op = standing(request, ("changing", begun.fact), ("gone", Gone(verdict="secure", authoritative=())))
    assert isinstance(await Pause(desk).act(op, gone), Done)
    paused = await record_of(stage, name)
    assert paused is not None
    assert paused.state == "disabled"
    await stage.ended(await stage.ask(seller.rotates("alice", "back")))
    back = await record_of(stage, name)
    assert back is not None
    assert (back.state, len(back.versions)) == ("active", 2)
