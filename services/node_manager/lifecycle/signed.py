"""Which nodes have just had something signed: the best sign of an attached signer, remembered for seconds."""

import time
from collections.abc import Callable

FRESH_S = 5.0
_MOST = 10_000


class Signed:
    """By the address of a session, which no two nodes and no two starts share; `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: dict[str, float] = {}

    def note(self, uri: str) -> None:
        """The node at `uri` has just answered a call that needed a signature."""
        self._at.pop(uri, None)
        self._at[uri] = self._clock()
        if len(self._at) > _MOST:
            del self._at[next(iter(self._at))]

    def forget(self, uri: str) -> None:
        """The last such call was not answered."""
        self._at.pop(uri, None)

    def lately(self, uri: str) -> bool:
        """Whether that was within the last seconds."""
        at = self._at.get(uri)
        return at is not None and self._clock() - at < FRESH_S
