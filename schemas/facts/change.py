"""Facts of `username.rotate` and `username.release`."""

from schemas.facts.life import Fact
from schemas.facts.name import Probe


class Changing(Fact, frozen=True, kw_only=True, tag="changing"):
    """A live name is this operation's to change, and nobody else's until it ends. What it pays up to now:

    `uri` under a TTL of `ttl_s`, made of the offer on `node_id` that is labelled with operation `offer_op`.
    """

    name: str
    owner_name: str
    uri: str
    ttl_s: int
    node_id: str
    offer_op: str
    revision: int


class Unchanged(Fact, frozen=True, kw_only=True, tag="unchanged"):
    """Compensation: the name is live as it was, and anybody's to change who may."""

    name: str


class Rotated(Fact, frozen=True, kw_only=True, tag="rotated"):
    """The name is live with its new offer, and anybody's to change who may. `revision` is the KV revision."""

    name: str
    uri: str
    node_id: str
    revision: int


class Removed(Fact, frozen=True, kw_only=True, tag="removed"):
    """The provider holds no payment record of ours at `owner_name`. `ttl_s` is the TTL under which it was published."""

    owner_name: str
    zone: str
    ttl_s: int


class Restored(Fact, frozen=True, kw_only=True, tag="restored"):
    """Compensation: what the name paid before is the only payment record at `owner_name` again."""

    owner_name: str
    ttl_s: int


class Absent(Fact, frozen=True, kw_only=True, tag="absent"):
    """P1 and P2 of an absence: no authoritative address gives a payment record, and that is proven from the root.

    Times as in Authoritative; `settles_at`: no compliant cache holds the record any more.
    """

    probes: tuple[Probe, ...]
    verdict: str
    valid_from: int
    valid_until: int
    at: float
    settles_at: float
    zones: tuple[str, ...]


class Gone(Fact, frozen=True, kw_only=True, tag="gone"):
    """P4 of an absence: nobody can be told to pay this name any more."""

    verdict: str
    authoritative: tuple[Probe, ...]


class Quarantined(Fact, frozen=True, kw_only=True, tag="quarantined"):
    """The name is nobody's; until `until` (unix seconds) only its former owner may register it."""

    name: str
    until: float
    revision: int


class Retired(Fact, frozen=True, kw_only=True, tag="retired"):
    """Every active offer on `node_id` that the name paid before was disabled; their ids."""

    node_id: str
    offer_ids: tuple[str, ...]
