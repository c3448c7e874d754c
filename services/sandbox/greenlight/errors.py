"""Core Lightning's errors as a Greenlight node passes them on."""

from enum import IntEnum
from typing import Final

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Code(IntEnum):
    """JSON-RPC error codes of Core Lightning that these calls can end with."""

    UNKNOWN_OFFER = -1
    INVALID_PARAMS = -32602
    PAY_IN_PROGRESS = 200
    PAY_DIFFERENT = 201
    PAY_DESTINATION_FAILED = 203
    PAY_ROUTE_NOT_FOUND = 205
    PAY_TOO_EXPENSIVE = 206
    PAY_EXPIRED = 207
    PAY_UNSPECIFIED = 209
    PAY_DECLINED = 213
    PAY_SHORT = 215
    PAY_ALREADY_PAID = 219
    INVOICE_LABEL_EXISTS = 900
    INVOICE_PREIMAGE_EXISTS = 901
    INVOICE_WAIT_TIMED_OUT = 904
    OFFER_ALREADY_EXISTS = 1000
    OFFER_ALREADY_DISABLED = 1001
    OFFER_EXPIRED = 1002
    OFFER_NO_ROUTE = 1003
    OFFER_BAD_ANSWER = 1004
    OFFER_TIMED_OUT = 1005
    OFFER_ALREADY_ENABLED = 1006
    OFFER_USED_SINGLE_USE = 1007


class ClnError(Exception):
    """A call that Core Lightning refuses, with its code and text; `said` is what somebody else answered to it."""

    def __init__(self, code: Code, text: str, said: str | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.said = code, text, said

    def details(self, method: str) -> str:
        """The status text of gRPC status UNKNOWN for `method`, as clients parse it."""
        data = "None" if self.said is None else f'Some(Object {{"error": String("{_escaped(self.said)}")}})'
        return (
            f"Error calling method {method}: RpcError {{ code: Some({int(self.code)}), "
            f'message: "{_escaped(self.text)}", data: {data} }}'
        )


def _escaped(text: str) -> str:
    """As Rust shows a string for debugging."""
    known = text.translate({ord(plain): escaped for plain, escaped in _ESCAPES.items()})
    return "".join(letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}" for letter in known)


class NodeStopped(Exception):
    """The node went down while it was at it; whoever called is cut off."""


class AnswerLost(Exception):
    """A fault: what was asked goes on, its answer never arrives."""
