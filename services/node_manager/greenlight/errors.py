"""What a gRPC error means, as one table and three types.

`Unreachable`: nothing answered; trying again later is right. `Unclear`: the call may have had its effect; look before
repeating. `Refused`: the other side understood and said no. Server texts are claims and may hold anything: only codes
leave this file, and the words by which a payee refuses, made harmless.
"""

import re
from dataclasses import dataclass, field

import grpc


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody answered, or asked us to come back. A change that was sent may still have happened: look first."""

    status: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """The outcome is unknown."""

    status: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer is no. `cln_code` is Core Lightning's error code, if it gave one; `words` are the payee's who gave no
    invoice, if there are any: a stranger's, to be shown as such and in no log."""

    status: str
    cln_code: int | None = None
    words: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.status if self.cln_code is None else f"{self.status}, code {self.cln_code}"


@dataclass(frozen=True, slots=True)
class SignerDetached:
    """The node has no signer, as far as can be seen; a call that needs one would freeze it, so nothing was sent."""


CallProblem = Unreachable | Unclear | Refused

_KINDS: dict[grpc.StatusCode, type[Unreachable] | type[Unclear] | type[Refused]] = {
    grpc.StatusCode.OK: Unclear,
    grpc.StatusCode.CANCELLED: Unclear,
    grpc.StatusCode.UNKNOWN: Unclear,
    grpc.StatusCode.INVALID_ARGUMENT: Refused,
    grpc.StatusCode.DEADLINE_EXCEEDED: Unclear,
    grpc.StatusCode.NOT_FOUND: Refused,
    grpc.StatusCode.ALREADY_EXISTS: Refused,
    grpc.StatusCode.PERMISSION_DENIED: Refused,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Unreachable,
    grpc.StatusCode.FAILED_PRECONDITION: Refused,
    grpc.StatusCode.ABORTED: Unclear,
    grpc.StatusCode.OUT_OF_RANGE: Refused,
    grpc.StatusCode.UNIMPLEMENTED: Refused,
    grpc.StatusCode.INTERNAL: Unclear,
    grpc.StatusCode.UNAVAILABLE: Unreachable,
    grpc.StatusCode.DATA_LOSS: Unclear,
    grpc.StatusCode.UNAUTHENTICATED: Refused,
}

_CLN_ERROR = re.compile(r"Error calling method [A-Za-z]{1,64}: RpcError \{ code: Some\((-?[0-9]{1,9})\), message: \"")
"""How a node passes an error of Core Lightning's on, from its first character and with status UNKNOWN; any other text
says nothing that could be relied on."""

_PAYEES_WORDS = re.compile(
    r'"Remote node sent failure message", data: Some\(Object \{'
    r'(?:"[a-z_]{1,32}": (?:Number\([0-9]{1,20}\)|String\("[0-9a-f]*"\)), )*"error": String\("((?:[^"\\]|\\.)*)"\)'
)
"""How a node passes on what a payee answered instead of an invoice (code 1004, the `data` as Rust shows it)."""
_ESCAPED = re.compile(r"\\(?:u\{[0-9a-f]{1,6}\}|(.))")
_WORDS_CHARS = 200


def classify(code: grpc.StatusCode, details: str | None) -> CallProblem:
    """What status `code` with text `details` means for the caller."""
    status = code.name
    cln = _CLN_ERROR.match(details or "") if code is grpc.StatusCode.UNKNOWN else None
    if cln is not None:
        said = _PAYEES_WORDS.match(details or "", cln.end() - 1)
        return Refused(status, int(cln[1]), _harmless(said[1]) if said else "")
    return _KINDS[code](status)


def _harmless(escaped: str) -> str:
    """Text that Rust has escaped, on one line and short: what cannot be printed, or would turn a line, is a blank."""
    plain = _ESCAPED.sub(lambda found: found[1] if found[1] in ('"', "'", "\\") else " ", escaped[: 8 * _WORDS_CHARS])
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())
    return shown if len(shown) <= _WORDS_CHARS else shown[:_WORDS_CHARS] + "…"
