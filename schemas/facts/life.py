"""Facts that every operation knows: it was asked for, it failed, it was taken back."""

from schemas.base import Wire
from schemas.flows import FlowName
from schemas.requests import FlowRequest


class Fact(Wire, frozen=True, kw_only=True, tag_field="fact"):
    """Base of all facts."""

    def supersedes(self, standing: "Fact") -> bool:  # noqa: ARG002  what most facts need not look at
        """Whether this note, of the same name as `standing`, says something new. It then takes its place."""
        return False


class Requested(Fact, frozen=True, kw_only=True, tag="requested"):
    """The operation exists. `flow_version` is the version of the steps table it runs under."""

    flow: FlowName
    flow_version: int
    request: FlowRequest


class Failed(Fact, frozen=True, kw_only=True, tag="failed"):
    """The operation will not succeed; `undo_from` is the last step that may have left something behind (None: none)."""

    code: str
    detail: str
    step: str
    undo_from: str | None


class Cancelled(Fact, frozen=True, kw_only=True, tag="cancelled"):
    """The owner took the operation back; `undo_from` as in Failed."""

    undo_from: str | None


class FailedDirty(Fact, frozen=True, kw_only=True, tag="failed-dirty"):
    """Step `step` could not be undone: an operator has to look. What is left is said in `detail`."""

    step: str
    detail: str
