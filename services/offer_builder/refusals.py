"""Every way offer-builder refuses, as one table: problem code, and what an owner is told if no rule says it better."""

from bus.outcomes import Fail

REFUSALS: dict[str, str] = {
    "username-invalid": "the username breaks a rule",
    "username-reserved": "the username is reserved",
    "username-confusable": "the username reads like a reserved one",
    "domain-unknown": "names are not published in this domain",
    "name-taken": "the name belongs to somebody else",
    "offer-invalid": "the node's offer breaks a rule of BOLT 12",
    "offer-without-path": "the offer has no blinded path: nobody could reach the node",
    "offer-wrong-chain": "the offer is not for the chain this service runs on",
    "offer-expires-too-soon": "the offer expires before its record would be gone from every cache",
}


def refuse(code: str, detail: str = "") -> Fail:
    """The refusal `code`; clean, since every check here comes before its effect. KeyError for an unknown code."""
    return Fail(code, detail or REFUSALS[code], clean=True)
