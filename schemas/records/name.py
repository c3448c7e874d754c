"""What stands about names: whose each is, what it pays, and the proof of it."""

from typing import Literal

from schemas.base import Wire
from schemas.ids import OpId, Owner

NameState = Literal["reserved", "active", "releasing", "paused", "quarantined"]


class NameRecord(Wire, frozen=True, kw_only=True):
    """Bucket `names`, key of `schemas.names.name_key`; written by offer-builder. Public but for `owner`.

    `op` registered the name. `uri`, `offer` and `active_since` (RFC 3339) are set once active. `changing` is the one
    operation that may change the live name now. `offer_op` is the operation whose label its offer carries (None: `op`).
    Until `quarantined_until` (unix seconds) nobody but `owner` may register a released name; a reservation made before
    that keeps it, so that one which is taken back leaves the quarantine as it was. `by_operator`: it is an operator's
    record, of whichever of them asked last; it pays no node of ours (`node_id` is empty), and no seller may touch it.
    From `paused_since` (RFC 3339) on nothing stands in DNS, for its offer was about to expire; `uri` and `offer` say
    what the name paid before.
    """

    name: str
    owner: Owner
    op: OpId
    state: NameState
    node_id: str
    uri: str | None = None
    offer: str | None = None
    active_since: str | None = None
    verdict: str | None = None
    valid_until: int | None = None
    changing: OpId | None = None
    offer_op: OpId | None = None
    offer_expires_at: int | None = None
    quarantined_until: float | None = None
    by_operator: bool = False
    paused_since: str | None = None


class Holding(Wire, frozen=True, kw_only=True):
    """One place of an owner's: operation `op` took it for `name` at `at` (unix seconds)."""

    op: OpId
    name: str
    at: float


class Holdings(Wire, frozen=True, kw_only=True):
    """Bucket `holdings`, key = owner; written by offer-builder: the names an owner holds or is registering.

    `begun`: when registrations of the last day were begun (unix seconds), whatever came of them.
    """

    held: tuple[Holding, ...] = ()
    begun: tuple[float, ...] = ()


class KeptProof(Wire, frozen=True, kw_only=True):
    """Bucket `proofs`, key of `schemas.names.name_key`; written by dnssec-verifier: a proof that the name pays `uri`.

    `records` is RFC 9102 (base64 in JSON), made at `made_at` and good until `valid_until` (unix seconds).
    """

    name: str
    uri: str
    records: bytes
    valid_until: int
    made_at: int
