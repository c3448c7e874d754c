"""The mesh's time as this process knows it: a reading of the bus's clock, carried on by the monotonic one."""

import time
from collections.abc import Callable


class MeshTime:
    """`now()` is unix seconds by the bus (by our own clock until `set`); `skew_s` is how far our own was ahead then."""

    def __init__(self, *, own: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._own, self._steady = own, steady
        self._offset: float | None = None
        self.skew_s = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return self._own() if self._offset is None else self._steady() + self._offset

    def set(self, server_time: float, *, at: float) -> None:
        """The server's clock read `server_time` when the monotonic clock read `at`."""
        self._offset = server_time - at
        self.skew_s = self._own() - (self._steady() + self._offset)
