"""A 32-byte secret that can be wiped and never shows itself.

Python cannot promise that no copy was ever made (libraries take `bytes`), so wiping only shortens exposure.
"""

from typing import Final

SECRET_BYTES: Final = 32


class Secret:
    """Owns a buffer of secret bytes until `wipe`. Printing it shows nothing, pickling it is refused."""

    __slots__ = ("_buffer",)

    def __init__(self, value: bytes | bytearray) -> None:
        self._buffer = bytearray(value)

    def expose(self) -> bytes:
        """The secret as bytes for a library that needs them; ValueError once wiped."""
        if not self._buffer:
            raise ValueError("the secret was wiped")
        return bytes(self._buffer)

    def wipe(self) -> None:
        """Overwrite the buffer; the secret cannot be used afterwards."""
        wipe(self._buffer)
        self._buffer.clear()

    def __repr__(self) -> str:
        return "Secret(<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is never pickled")


def wipe(buffer: bytearray) -> None:
    """Overwrite `buffer` with zeros in place."""
    buffer[:] = bytes(len(buffer))
