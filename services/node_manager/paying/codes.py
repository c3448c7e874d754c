"""What Core Lightning's error codes say about a payment, as one table (`lightning-pay`, `-fetchinvoice`). Pure.

Even a sure code is no proof by itself: other parts of the payment may still be on their way. It only counts together
with a look at the node's list of payments; what is not in the table is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.node_manager.greenlight.errors import CallProblem, Refused, SignerDetached


@dataclass(frozen=True, slots=True)
class Sure:
    """The call is over and paid nothing, if nothing is seen on its way. `code` is a problem code."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may have been paid, now or later."""

    why: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """No money is at stake, and asking again may help. `code` is what to say if it never does."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The payee gives no invoice now, and may when asked again. `code` is what to tell a payer who waits no longer."""

    code: str
    detail: str


PAY_CODES: Final[Mapping[int, Sure]] = {
    -32602: Sure("node-error", "the node does not take the call's parameters"),
    -32601: Sure("node-error", "the node knows no such call"),
    -32600: Sure("node-error", "the node could not read the call"),
    203: Sure("payment-refused", "the payee refused it for good"),
    205: Sure("payment-no-route", "the node found no way to the payee"),
    206: Sure("payment-fee-too-high", "every way costs more than the limit"),
    207: Sure("invoice-expired", "the invoice expired before it was paid"),
    210: Sure("payment-gave-up", "the node tried for as long as it was told to"),
    212: Sure("payment-refused", "the node does not take the invoice"),
    213: Sure("payment-declined", "the owner's signer does not approve it"),
    215: Sure("balance-insufficient", "the node has not got that much to send"),
    216: Sure("payment-no-route", "the payee cannot be reached"),
    217: Sure("payment-failed", "the node could not go on with it"),
    220: Sure("payment-no-route", "the payee cannot receive that much"),
}
"""Codes after which the call itself sends nothing more.

All others are unknown (200, 201, 202, 208, 209, 211, 219, -1, -3, -4, -5): somebody was, is being, or may yet be paid.
"""

FETCH_CODES: Final[Mapping[int, Sure | TryAgain | Unanswered]] = {
    -32602: Sure("invoice-refused", "the offer cannot be asked for an invoice like that"),
    -3: TryAgain("invoice-unavailable", "the node's plugin failed"),
    -4: TryAgain("invoice-unavailable", "the node's plugin is gone"),
    -5: TryAgain("invoice-unavailable", "the node is shutting down"),
    1002: Sure("invoice-refused", "the offer has expired"),
    1003: Unanswered("invoice-unavailable", "the offer's node cannot be reached"),
    1004: Sure("invoice-refused", "the payee answered with an error"),
    1005: Unanswered("invoice-unavailable", "the payee did not answer in time"),
}


def read_pay(problem: CallProblem | SignerDetached) -> Sure | Unsure:
    """What a call that was to pay says by not having paid."""
    match problem:
        case SignerDetached():
            return Sure("signer-detached", "no signer is attached, so the node was not told to pay")
        case Refused(cln_code=int(code)) if code in PAY_CODES:
            return PAY_CODES[code]
        case _:
            return Unsure(str(problem) if isinstance(problem, Refused) else problem.status)


def read_fetch(problem: CallProblem | SignerDetached) -> Sure | TryAgain | Unanswered:
    """What a call that was to fetch an invoice says by having none; whatever it is, no money moved."""
    match problem:
        case SignerDetached():
            return TryAgain("signer-detached", "no signer is attached to ask with")
        case Refused(cln_code=1004, words=words) if words:
            return Sure("invoice-refused", f"the payee says: “{words}”")
        case Refused(cln_code=int(code)) if code in FETCH_CODES:
            return FETCH_CODES[code]
        case Refused():
            return Sure("node-error", f"the node said no ({problem})")
        case _:
            return TryAgain("invoice-unavailable", f"the node does not answer ({problem.status})")
