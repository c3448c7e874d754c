"""Core Lightning's errors as a Greenlight node passes them on."""

from enum import IntEnum


class Code(IntEnum):
    """JSON-RPC error codes of Core Lightning that these calls can end with."""

    UNKNOWN_OFFER = -1
    INVALID_PARAMS = -32602
    OFFER_ALREADY_EXISTS = 1000
    OFFER_ALREADY_DISABLED = 1001
    OFFER_ALREADY_ENABLED = 1006
    OFFER_USED_SINGLE_USE = 1007


class ClnError(Exception):
    """A call that Core Lightning refuses, with its code and text."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text

    def details(self, method: str) -> str:
        """The status text of gRPC status UNKNOWN for `method`, as clients parse it."""
        text = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return (
            f'Error calling method {method}: RpcError {{ code: Some({int(self.code)}), message: "{text}", data: None }}'
        )
