"""Faults of the API: a queue, each for the next call that matches."""

import enum
from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire

FaultKind = Literal[
    "rate-limited",
    "server-error",
    "server-error-after",
    "not-successful",
    "html",
    "html-after",
    "delay",
    "reset-before",
    "reset-after",
    "error",
]


class Stage(enum.Enum):
    """When a fault strikes: instead of the call, or once it has been done."""

    INSTEAD = "instead"
    AFTER = "after"


AFTER = frozenset({"server-error-after", "html-after", "reset-after"})


class ApiFault(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault for `times` calls of operation `operation` (`records.create`, …; empty: any), by `method` if given.

    `retry_after_s` is for `rate-limited`; `delay_s` is waited before anything else; `status`, `code` and `message` are
    for `error`, an answer of one's own making.
    """

    kind: FaultKind
    operation: str = ""
    method: str = ""
    times: Annotated[int, Meta(ge=1, le=1000)] = 1
    retry_after_s: Annotated[int, Meta(ge=0, le=86_400)] = 300
    delay_s: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    status: Annotated[int, Meta(ge=200, le=599)] = 400
    code: int = 1004
    message: str = "DNS Validation Error"

    @property
    def stage(self) -> Stage:
        """When it strikes."""
        return Stage.AFTER if self.kind in AFTER else Stage.INSTEAD


class FaultQueue:
    """Faults in the order in which they were asked for."""

    def __init__(self) -> None:
        self._queue: list[ApiFault] = []

    def add(self, fault: ApiFault) -> None:
        """One more fault, `fault.times` times."""
        self._queue += [fault] * fault.times

    def clear(self) -> None:
        """No faults any more."""
        self._queue.clear()

    def take(self, operation: str, method: str) -> ApiFault | None:
        """The first fault for this call, which is thereby used up."""
        for index, fault in enumerate(self._queue):
            if fault.operation in ("", operation) and fault.method in ("", method):
                return self._queue.pop(index)
        return None

    def waiting(self) -> list[str]:
        """Kinds of the faults not yet used."""
        return [fault.kind for fault in self._queue]
