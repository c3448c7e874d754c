"""What an owner is told, in order: bodies of `ntf.<owner>` (stream NOTIFY) and the frames of `/v1/ws`."""

from schemas.base import Wire
from schemas.ids import OpId


class Notification(Wire, frozen=True, kw_only=True):
    """One fact an owner should know.

    `id` is deterministic (`<op>:<ledger sequence>`), `type` is `<flow>.<fact>`, e.g. `username.register.published`;
    `at` is RFC 3339 UTC; `data` is the fact's public part; `code` is a problem code when something failed.
    """

    id: str
    type: str
    op: OpId
    at: str
    data: dict[str, object]
    code: str | None = None


class History(Wire, frozen=True, kw_only=True):
    """One finished operation, folded: bodies of `hist.<owner>` (stream HISTORY), message id = op."""

    op: OpId
    flow: str
    state: str
    started_at: str
    finished_at: str
    facts: tuple[str, ...]
    code: str | None = None
