"""What edges keep of those who ask: sessions, keys, cursors, and what was used up."""

from schemas.base import Wire
from schemas.ids import Owner


class SessionRecord(Wire, frozen=True, kw_only=True):
    """Bucket `sessions`, key `<owner>.<hex SHA-256 of the token>`; written by edge: its bearer may read as `owner`.

    The token itself is stored nowhere. `expires_at` is unix seconds; the key's TTL ends with it.
    """

    owner: Owner
    pubkey: str
    expires_at: float


class OperatorKey(Wire, frozen=True, kw_only=True):
    """Bucket `operator-keys`, key = its id; written by `mesh operators`: whoever has the key of that hash is `name`.

    The key itself is stored nowhere. Times are RFC 3339 UTC; one that was revoked stays, to tell whose acts were its.
    """

    id: str
    name: str
    sha256: str
    made_at: str
    revoked_at: str | None = None

    def __repr__(self) -> str:
        return f"OperatorKey(id={self.id!r}, name={self.name!r}, revoked_at={self.revoked_at!r})"


class CursorRecord(Wire, frozen=True, kw_only=True):
    """Bucket `cursors`, key `<owner>.<device>`; written by edge: up to `seq`, `device` has taken in the owner's log.

    `at` is RFC 3339 UTC. Only ever rises; one that nobody moves is forgotten after the log's own messages are.
    """

    device: str
    seq: int
    at: str


class Spent(Wire, frozen=True, kw_only=True):
    """Bucket `replay`, key = NIP-98 event id; written by edges: the event was used, by their clock at `at` (unix s)."""

    at: float
