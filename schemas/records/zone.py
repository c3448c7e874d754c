"""Where the signing of a zone stands."""

from schemas.base import Wire
from schemas.ids import OpId
from schemas.zones import Ds, Span, ZoneState


class Hold(Wire, frozen=True, kw_only=True):
    """Why and since when (unix seconds) a zone is held; `by` is the operation that asked, or `mesh` itself."""

    reason: str
    by: str
    since: float


class Streak(Wire, frozen=True, kw_only=True):
    """How long the gate of `step` was seen open: in `looks` looks from `since` to `at` (unix seconds), with `ds`.

    `amiss` counts the newest looks in a row that saw what no operation of ours explains.
    """

    step: str
    since: float
    at: float
    looks: int
    ds: tuple[Ds, ...] = ()
    amiss: int = 0


class ZoneRecord(Wire, frozen=True, kw_only=True):
    """Bucket `zones`, key = the zone; written by dnssec-verifier: where its signing stands, since when (unix seconds).

    `op` changes it, or was the last that did: what ended claims nothing any more. `ds` is what the parent should give.
    While `held` is set nobody changes anything; `holds` are the holds of `op` that are over. `keys_ttl_s` is the
    longest TTL (seconds) of the zone's keys in any look of `op`: lowering it binds no cache that has them already.
    """

    zone: str
    state: ZoneState
    since: float
    op: OpId | None = None
    ds: tuple[Ds, ...] = ()
    held: Hold | None = None
    holds: tuple[Span, ...] = ()
    streak: Streak | None = None
    keys_ttl_s: int = 0
    waits_for: str = ""
