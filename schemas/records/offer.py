"""An owner's offers: each with its versions, and the places they take."""

from schemas.base import Wire
from schemas.ids import OpId, Owner
from schemas.offers import OfferState, OfferTerms

MAX_VERSIONS = 16
"""Versions that a record keeps, the newest: its value has to fit its bucket."""


class OfferVersion(Wire, frozen=True, kw_only=True):
    """One offer on the node, made by operation `op`, whose label it carries with the offer's id.

    `node_offer_id` (64 hex) is the node's own id. `made_at` is RFC 3339; from `replaced_at` on the next one is the
    current one, or none is, and it is disabled once nobody can be told to pay it any more.
    """

    number: int
    op: OpId
    node_id: str
    node_offer_id: str
    bolt12: str
    made_at: str
    expires_at: int | None = None
    replaced_at: str | None = None


class OfferRecord(Wire, frozen=True, kw_only=True):
    """Bucket `offers`, key `<owner>.<offer id>`; written by offer-builder alone. `id` is the operation that made it.

    `terms` are what its current version (the last of `versions`) says. `order_id` is the owner's own, never part of
    the offer. `name` is the name that it stands behind, if one; such an offer lives and ends with it.
    `changing` is the one operation that may change it now (of one behind a name: that is the name's to say). `used_by`:
    the payment (its operation) that a single-use offer was for; every other one is a duplicate.
    """

    id: OpId
    owner: Owner
    node_id: str
    state: OfferState
    terms: OfferTerms
    created_at: str
    order_id: str | None = None
    name: str | None = None
    versions: tuple[OfferVersion, ...] = ()
    changing: OpId | None = None
    used_by: OpId | None = None

    @property
    def current(self) -> OfferVersion | None:
        """The version that is payable while the offer is; None before there is one."""
        return self.versions[-1] if self.versions else None


class OfferPlace(Wire, frozen=True, kw_only=True):
    """The place of one offer that is not over, with the owner's order id of it, free at `expires_at` (unix seconds)."""

    id: OpId
    order_id: str | None = None
    expires_at: int | None = None


class OfferPlaces(Wire, frozen=True, kw_only=True):
    """Bucket `offer-places`, key = owner; written by offer-builder: the offers of an owner's that are not over.

    Those that names pay are not among them: names have places of their own.
    """

    held: tuple[OfferPlace, ...] = ()


class Sweeps(Wire, frozen=True, kw_only=True):
    """Bucket `sweeps`, one key; written by node-manager: how many offers that nobody needed were disabled, ever.

    `last`: the ids (hex) of the last of them, so that none is counted twice.
    """

    swept: int = 0
    last: tuple[str, ...] = ()
