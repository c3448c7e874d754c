"""What an offer of ours says and how it lives: the terms an owner asks for, its states, and the moves between them.

An offer has one id all its life; a change makes a new version, which is another BOLT 12 offer on the node.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeVar

from msgspec.structs import replace

from schemas.amounts import is_msat
from schemas.base import Wire

OfferState = Literal["making", "active", "changing", "disabled", "used"]
"""Where an offer stands in its record. `changing`: an operation is making it another one, and it is payable meanwhile.

That one has expired is no state of the record, because nobody writes at that moment: the clock says it.
"""

Way = Literal["path", "id"]
"""How a payer gets to who makes an offer: by a blinded path in it, or by the id of a node that is announced."""

MOVES: Final[Mapping[OfferState, frozenset[OfferState]]] = {
    "making": frozenset({"active", "used"}),
    "active": frozenset({"changing", "disabled", "used"}),
    "changing": frozenset({"active", "disabled", "used"}),
    "disabled": frozenset({"active", "used"}),
    "used": frozenset(),
}
"""Where each state may go. One that is never made has no record; nothing ever leaves `used`."""


class OfferTerms(Wire, frozen=True, kw_only=True):
    """What a payer reads. `amount_msat` None: any amount; `quantity_max` None: one item, 0: any number of them;

    `expires_at` is unix seconds (None: never). `single_use`: the node takes one payment, and no other after it.
    """

    description: str
    amount_msat: str | None = None
    issuer: str | None = None
    quantity_max: int | None = None
    expires_at: int | None = None
    single_use: bool = False


class TermsChange(Wire, frozen=True, kw_only=True):
    """What is to be different about an offer; None: that stays.

    `amount_msat` `any`: any amount; `issuer` empty: none; `quantity_max` 1: one item; `expires_at` 0: never.
    """

    description: str | None = None
    amount_msat: str | None = None
    issuer: str | None = None
    quantity_max: int | None = None
    expires_at: int | None = None


ANY_AMOUNT: Final = "any"
"""The payer says how much; Core Lightning calls it so, too."""
MAX_DESCRIPTION_BYTES: Final = 512
MAX_ISSUER_BYTES: Final = 128
"""In UTF-8: what a name pays has to fit its record."""
MAX_QUANTITY: Final = (1 << 53) - 1
LATEST_EXPIRY: Final = 253_402_300_799
"""The last second of the year 9999."""
NEVER: Final = 4_102_444_800
"""The first second of the year 2100: an offer that ends no sooner counts as one that never ends.

What a node makes without a path is the same offer whenever it is asked for the same, so one that is to be told from all
others on its node needs an end of its own. It still fits 32 bits.
"""
ORDER_ID_PATTERN: Final = r"\A[A-Za-z0-9._:/#-]{1,64}\Z"

_ORDER_ID = re.compile(ORDER_ID_PATTERN)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def changed(terms: OfferTerms, change: TermsChange) -> OfferTerms:
    """`terms` with what `change` asks for."""
    return OfferTerms(
        description=terms.description if change.description is None else change.description,
        amount_msat=_kept(terms.amount_msat, change.amount_msat, ANY_AMOUNT),
        issuer=_kept(terms.issuer, change.issuer, ""),
        quantity_max=_kept(terms.quantity_max, change.quantity_max, 1),
        expires_at=_kept(terms.expires_at, change.expires_at, 0),
        single_use=terms.single_use,
    )


def terms_asked(change: TermsChange, *, single_use: bool = False) -> OfferTerms:
    """The terms of a new offer of which `change` says everything that is not as usual."""
    return changed(OfferTerms(description="", single_use=single_use), change)


_T = TypeVar("_T")


def _kept(stands: _T | None, asked: _T | None, nothing: _T) -> _T | None:
    if asked is None:
        return stands
    return None if asked == nothing else asked


def terms_problem(terms: OfferTerms, now: float) -> str | None:
    """Which rule `terms` break at `now` (unix seconds), in our own words; None: none."""
    if not terms.description or not is_line(terms.description, MAX_DESCRIPTION_BYTES):
        return f"the description has 1 to {MAX_DESCRIPTION_BYTES} bytes and no control characters"
    if terms.issuer is not None and not (terms.issuer and is_line(terms.issuer, MAX_ISSUER_BYTES)):
        return f"the issuer has 1 to {MAX_ISSUER_BYTES} bytes and no control characters"
    if terms.amount_msat is not None and not is_amount(terms.amount_msat):
        return "the amount is more than nothing and no more than there is"
    if terms.quantity_max is not None and (terms.quantity_max == 1 or not 0 <= terms.quantity_max <= MAX_QUANTITY):
        return "so many items are not sold; a single one is meant by leaving the quantity out"
    if terms.expires_at is not None and not now < terms.expires_at <= LATEST_EXPIRY:
        return "the offer would have expired already, or never does"
    return None


def is_amount(text: str) -> bool:
    """Whether `text` is an amount that an offer may ask for, in msat."""
    return is_msat(text, least=1)


def is_order_id(text: str) -> bool:
    """Whether `text` may be an owner's order id."""
    return _ORDER_ID.fullmatch(text) is not None


def has_expired(terms: OfferTerms, now: float) -> bool:
    """Whether an offer on these terms is over at `now` (unix seconds)."""
    return terms.expires_at is not None and terms.expires_at <= now


def is_line(text: str, most: int) -> bool:
    """Whether `text` is UTF-8 of at most `most` bytes and has no control characters."""
    try:
        return len(text.encode()) <= most and _CONTROL.search(text) is None
    except UnicodeEncodeError:
        return False


def until(terms: OfferTerms, expires_at: int | None) -> OfferTerms:
    """`terms` as one version says them that expires at `expires_at`."""
    return replace(terms, expires_at=expires_at)


def terms_of_name(name: str) -> OfferTerms:
    """What a name's offer says unless its owner asks for something else: any amount, and a payer reads whom it pays."""
    return OfferTerms(description=f"Payment to {name}", issuer=name)
