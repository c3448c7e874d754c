"""Facts of `username.rotate`, `username.release` and `username.pause`."""

from schemas.facts.life import Fact
from schemas.facts.name import Probe
from schemas.health import AspectName, HealthState
from schemas.offers import OfferTerms


class Changing(Fact, frozen=True, kw_only=True, tag="changing"):
    """A live name is this operation's to change, and nobody else's until it ends. What it pays up to now:

    `uri` under a TTL of `ttl_s`, made of the offer on `node_id` that is labelled with operation `offer_op` and that
    expires at `offer_expires_at` (unix seconds; None: never). In a rotation `terms` are what the new offer is to say,
    as the next version of the offer `offer_id`.
    """

    name: str
    owner_name: str
    uri: str
    ttl_s: int
    node_id: str
    offer_op: str
    revision: int
    offer_expires_at: int | None = None
    offer_id: str = ""
    terms: OfferTerms | None = None


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
    """Compensation: what the name paid before is the only payment record at `owner_name` again.

    `expired`: it would have outlived its offer, so none of ours stands there.
    """

    owner_name: str
    ttl_s: int
    expired: bool = False


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


class Paused(Fact, frozen=True, kw_only=True, tag="paused"):
    """The name is its owner's, and pays nothing until it is given a new offer. `revision` is the KV revision."""

    name: str
    offer_expires_at: int
    revision: int


class Turned(Fact, frozen=True, kw_only=True, tag="turned"):
    """`aspect` of the name is in `state` since `since` (RFC 3339); `what_to_do` is for its owner."""

    name: str
    aspect: AspectName
    state: HealthState
    was: HealthState
    since: str
    reason: str
    what_to_do: str


class Quarantined(Fact, frozen=True, kw_only=True, tag="quarantined"):
    """The name is nobody's; until `until` (unix seconds) only its former owner may register it."""

    name: str
    until: float
    revision: int


class Retired(Fact, frozen=True, kw_only=True, tag="retired"):
    """Every active offer on `node_id` that the name paid before was disabled; their ids."""

    node_id: str
    offer_ids: tuple[str, ...]
