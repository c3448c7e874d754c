"""An offer as its owner sees it, from its record and the clock. Pure."""

from collections.abc import Iterable
from typing import Literal

from bus.buckets.kv import Entry
from schemas.base import Wire
from schemas.ids import OpId
from schemas.offers import OfferState
from schemas.records import OfferRecord

ShownState = OfferState | Literal["expired"]


class VersionView(Wire, frozen=True, kw_only=True):
    """One version. `offer_id` (64 hex) is the node's own id of it; times are RFC 3339 UTC, `expires_at` unix seconds.

    From `replaced_at` on nobody is told to pay it; it is payable for a while longer, for those who were told before.
    """

    number: int
    operation: OpId
    node_id: str
    offer_id: str
    offer: str
    made_at: str
    replaced_at: str | None
    expires_at: int | None


class OfferView(Wire, frozen=True, kw_only=True):
    """An offer. `amount_msat` null: any amount; `quantity_max` null: one item, 0: any number; `expires_at`: unix s.

    `offer` is what is to be paid now (`lno1…`; null while it is being made). `name`: it is what that name pays, and
    lives and ends with it. `changing`: the operation that changes it now. `versions` end with the current one, and
    are the newest; `seq` rises with every change.
    """

    id: OpId
    state: ShownState
    node_id: str
    name: str | None
    order_id: str | None
    amount_msat: str | None
    description: str
    issuer: str | None
    quantity_max: int | None
    expires_at: int | None
    single_use: bool
    offer: str | None
    created_at: str
    changing: OpId | None
    versions: tuple[VersionView, ...]
    seq: int


class OffersPage(Wire, frozen=True, kw_only=True):
    """Offers in the order in which they were made; `next` is the `after` of the next page (null: that was the last)."""

    offers: tuple[OfferView, ...]
    next: str | None


def state_of(record: OfferRecord, now: float) -> ShownState:
    """Where the offer stands at `now` (unix seconds): what would be payable has expired once its time is over."""
    current = record.current
    expires_at = current.expires_at if current else record.terms.expires_at
    is_over = expires_at is not None and expires_at <= now
    return "expired" if is_over and record.state in ("active", "disabled") else record.state


def offer_view(entry: Entry[OfferRecord], now: float) -> OfferView:
    """The offer as it stands at `now` (unix seconds)."""
    record = entry.value
    terms, current = record.terms, record.current
    return OfferView(
        id=record.id,
        state=state_of(record, now),
        node_id=record.node_id,
        name=record.name,
        order_id=record.order_id,
        amount_msat=terms.amount_msat,
        description=terms.description,
        issuer=terms.issuer,
        quantity_max=terms.quantity_max,
        expires_at=current.expires_at if current else terms.expires_at,
        single_use=terms.single_use,
        offer=current.bolt12 if current else None,
        created_at=record.created_at,
        changing=record.changing,
        versions=tuple(
            VersionView(
                number=version.number,
                operation=version.op,
                node_id=version.node_id,
                offer_id=version.node_offer_id,
                offer=version.bolt12,
                made_at=version.made_at,
                replaced_at=version.replaced_at,
                expires_at=version.expires_at,
            )
            for version in record.versions
        ),
        seq=entry.revision,
    )


def page_of(
    found: Iterable[Entry[OfferRecord]], *, state: str | None, after: str, limit: int, now: float
) -> OffersPage:
    """At most `limit` of `found` in `state` (None: any), in the order in which they were made, that come after `after`:
    a former page's `next`, whatever has become of the offer it ended with.
    """
    ordered = sorted((entry for entry in found if cursor_of(entry.value) > after), key=lambda one: cursor_of(one.value))
    wanted = [entry for entry in ordered if state in (None, state_of(entry.value, now))]
    page = wanted[:limit]
    return OffersPage(
        offers=tuple(offer_view(entry, now) for entry in page),
        next=cursor_of(page[-1].value) if len(wanted) > limit else None,
    )


def cursor_of(record: OfferRecord) -> str:
    """The place of an offer among its owner's."""
    return f"{record.created_at}_{record.id}"
