"""What an offer's record says once the node has made it: also if it was paid before anybody wrote that down."""

from schemas.ids import OpId, Owner
from schemas.offers import OfferTerms
from schemas.records import OfferRecord, OfferVersion
from services.offer_builder.offers.activate import activated
from services.offer_builder.offers.using import Use, use

MAKING = OfferRecord(
    id=OpId("offer"),
    owner=Owner("o"),
    node_id="02" * 33,
    state="making",
    terms=OfferTerms(description="tea", single_use=True),
    created_at="2026-01-01T00:00:00Z",
)
VERSION = OfferVersion(
    number=1,
    op=OpId("offer"),
    node_id="02" * 33,
    node_offer_id="aa" * 32,
    bolt12="lno1",
    made_at="2026-01-01T00:00:01Z",
)


def test_it_is_active_with_its_version() -> None:
    made = activated(MAKING, VERSION)
    assert (made.state, made.versions) == ("active", (VERSION,))


def test_one_that_was_paid_meanwhile_stays_used() -> None:
    paid = use(MAKING, OpId("payment"))
    assert isinstance(paid, Use)
    made = activated(paid.record, VERSION)
    assert (made.state, made.used_by, made.versions) == ("used", OpId("payment"), (VERSION,))
