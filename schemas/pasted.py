"""What a person pastes or scans, read as one of the three kinds of payee and nothing else.

A text of a wallet is the same payee as what it wraps: `lightning:` around an offer or an invoice, and a payment URI
(BIP 321), whose `amount` is the payer's word like any other. What such a URI says of other ways to pay (an address,
silent payments) is never taken: whoever asks here pays by Lightning, or not at all. What is not certain to be meant is
refused and not guessed.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from schemas import bip321
from schemas.payments import MAX_TO_CHARS, NoPayee, Payee, ToInvoice, ToName, ToOffer, payee_of

LIGHTNING: Final = "lightning:"
BITCOIN: Final = "bitcoin:"
_WHITE: Final = " \t\r\n"


class Meant(msgspec.Struct, frozen=True):
    """Whom a text names, how they are written from there on (`to`: a name, an offer or an invoice), and how much shall
    arrive (msat, None: what the payee asks for)."""

    payee: Payee
    to: str
    amount_msat: int | None


def meant_by(text: str, wanted_msat: int | None) -> Meant | NoPayee:
    """What `text` means when `wanted_msat` were asked for beside it. White space around it is not part of it.

    Of a URI that holds an offer and an invoice the offer is meant, as of a name's. Neither expiry nor chain is judged.
    """
    bare = text.strip(_WHITE)
    if len(bare) > MAX_TO_CHARS:
        return NoPayee("payee-invalid", "it is longer than anything that can be paid")
    lower = bare[: len(LIGHTNING)].lower()
    if lower.startswith(BITCOIN):
        return _in_uri(bare, wanted_msat)
    if lower == LIGHTNING:
        return _meant(_wrapped(bare[len(LIGHTNING) :]), wanted_msat)
    payee = payee_of(bare)
    return payee if isinstance(payee, NoPayee) else Meant(payee, bare, wanted_msat)


def _in_uri(uri: str, wanted_msat: int | None) -> Meant | NoPayee:
    found = bip321.parse(uri)
    if isinstance(found, bip321.UriProblem):
        return NoPayee(found.code, found.detail)
    payee = _one(found.offers, found.invoices)
    if found.amount_msat is None:
        return _meant(payee, wanted_msat)
    if found.amount_msat == 0:
        return NoPayee("uri-invalid", "its amount is nothing")
    if wanted_msat not in (None, found.amount_msat):
        return NoPayee("amount-differs", f"the URI says {found.amount_msat} msat")
    return _meant(payee, found.amount_msat)


def _one(offers: Iterable[str], invoices: Iterable[str]) -> ToOffer | ToInvoice | NoPayee:
    """The one payee of a URI; what it says twice it has to say alike, and no part of it may be unreadable."""
    read: list[ToOffer | ToInvoice] = []
    for kind, texts in ((ToOffer, offers), (ToInvoice, invoices)):
        wrapped = [_wrapped(text) for text in texts]
        for one in wrapped:
            if isinstance(one, NoPayee):
                return one
            if not isinstance(one, kind):
                return NoPayee("uri-invalid", "an offer stands where an invoice belongs, or the other way round")
            if one != wrapped[0]:
                return NoPayee("payee-invalid", "it names several to be paid: paste the one that you mean")
            read.append(one)
    return read[0] if read else NoPayee("payee-invalid", "it holds neither an offer nor a Lightning invoice")


def _wrapped(text: str) -> ToOffer | ToInvoice | NoPayee:
    payee = payee_of(text)
    if isinstance(payee, ToName):
        return NoPayee("payee-invalid", "a name stands alone, as user@domain")
    return payee


def _meant(payee: ToOffer | ToInvoice | NoPayee, wanted_msat: int | None) -> Meant | NoPayee:
    match payee:
        case ToOffer(offer):
            return Meant(payee, offer.text, wanted_msat)
        case ToInvoice(invoice):
            return Meant(payee, invoice.text, wanted_msat)
        case NoPayee():
            return payee
