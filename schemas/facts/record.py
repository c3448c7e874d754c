"""Facts of operators' records (`dns.publish`, `dns.withdraw`), and of what was done to a record behind our back."""

from typing import Literal

from schemas.base import Wire
from schemas.facts.life import Fact
from schemas.requests import DriftKind


class Former(Wire, frozen=True, kw_only=True):
    """What the name paid before: `uri` under a TTL of `ttl_s`, published by operation `op`.

    Its offer expires at `offer_expires_at` (unix seconds; None: never).
    """

    uri: str
    ttl_s: int
    op: str
    offer_expires_at: int | None = None


class Claimed(Fact, frozen=True, kw_only=True, tag="claimed"):
    """The name is this operation's to publish, and nobody else's until it ends. `former` is null for a new name."""

    name: str
    owner_name: str
    former: Former | None
    revision: int


class Unclaimed(Fact, frozen=True, kw_only=True, tag="unclaimed"):
    """Compensation: the name is as it was, and anybody's to claim who may."""

    name: str


class Recorded(Fact, frozen=True, kw_only=True, tag="recorded"):
    """The name is live with its record. `revision` is the KV revision that says so."""

    name: str
    uri: str
    revision: int


class Drifted(Fact, frozen=True, kw_only=True, tag="drifted"):
    """Somebody changed the name's record at its provider; `detail` says what stands there, never what it pays.

    Seen twice, the first time at `since` (unix seconds). `repairs` says whether we put it back.
    """

    name: str
    kind: DriftKind
    detail: str
    since: float
    repairs: bool


class Healed(Fact, frozen=True, kw_only=True, tag="healed"):
    """The name's record is as we published it again: we put it back, or somebody else did."""

    name: str
    how: Literal["repaired", "by-itself"]
    since: float
