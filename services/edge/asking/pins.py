"""Whose signature a sealing key must bear: node-manager's public nkeys, as the file says now.

Read anew each time, since two keys are good while node-manager's is rotated; a file that cannot be read for a moment
changes nothing.
"""

from pathlib import Path

from bus.errors import KeysMissing
from bus.secrets.keys import read_public


class Pins:
    """The keys of `identity` in `folder`; KeysMissing if they cannot be read at the start."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder, self._identity = folder, identity
        self._last = self._read()

    def current(self) -> tuple[str, ...]:
        """The public nkeys that count now."""
        try:
            self._last = self._read()
        except KeysMissing:
            return self._last
        return self._last

    def _read(self) -> tuple[str, ...]:
        return read_public(self._folder).get(self._identity, ())
