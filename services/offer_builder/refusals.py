"""Every way offer-builder refuses, as one table: problem code, and what an owner is told if no rule says it better."""

from bus.operations.outcomes import Fail, Wait

REFUSALS: dict[str, str] = {
    "username-invalid": "the username breaks a rule",
    "username-reserved": "the username is reserved",
    "username-confusable": "the username reads like a reserved one",
    "domain-unknown": "names are not published in this domain",
    "name-taken": "the name belongs to somebody else",
    "too-many-names": "the owner holds as many names as one may",
    "too-many-registrations": "the owner has begun as many registrations as a day may see",
    "name-quarantined": "the name was given up not long ago; until its rest is over only its former owner may have it",
    "name-owned": "the name belongs to a seller; no operator's record can take its place",
    "record-unknown": "no operator's record stands under that name",
    "uri-invalid": "the URI breaks a rule",
    "name-busy": "another operation is changing the name, or it is not live yet; wait for its end or cancel it",
    "name-expiring": "what the name paid was about to expire, and its record had to go first",
    "name-not-yours": "the name belongs to somebody else",
    "name-unknown": "no such name is live",
    "offer-invalid": "the node's offer breaks a rule of BOLT 12",
    "offer-without-path": "the offer has no blinded path, and its node is not announced: nobody could get there",
    "offer-wrong-chain": "the offer is not for the chain this service runs on",
    "offer-unknown": "the owner has no such offer",
    "offer-terms-invalid": "no offer can have those terms",
    "offer-differs": "the node made another offer than was asked for",
    "offer-busy": "another operation is changing the offer, or it is being made; wait for its end or cancel it",
    "offer-changed": "the offer was changed since the revision that the change is meant for",
    "offer-named": "a name pays the offer; rotate the name, or give it up first",
    "offer-is-disabled": "the offer is disabled",
    "offer-not-disabled": "the offer is not disabled",
    "offer-used": "the offer was for a single use, and was used",
    "offer-for-one-use": "an offer for a single use cannot be changed",
    "offer-expired": "the offer has expired",
    "too-many-offers": "the owner has as many offers as one may",
    "order-taken": "an offer of the owner's that is not over has that order id",
    "offer-expires-too-soon": "the offer expires before its record would be gone from every cache",
}

CONTENDED = Wait(0.3, "the record changes while we look at it")


def refuse(code: str, detail: str = "") -> Fail:
    """The refusal `code`; clean, since every check here comes before its effect. KeyError for an unknown code."""
    return Fail(code, detail or REFUSALS[code], clean=True)
