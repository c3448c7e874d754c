"""The demo's running commentary: one line an event, with the time since the start and since the line before."""

import time


class Progress:
    """Prints what happens as it happens. Times are seconds on a monotonic clock."""

    def __init__(self) -> None:
        self._started = self._last = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        """One line."""
        now = time.monotonic()
        print(f"  {now - self._started:7.2f} s  +{now - self._last:6.2f}  {text}", flush=True)
        self._last = now

    def ready(self, part: str, seconds: float, where: str) -> None:
        """A part of the mesh answers (the shape that `Stack` reports in)."""
        self.say(f"{part} is ready ({seconds:.2f} s) {where}")
