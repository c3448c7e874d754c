"""What is asked about a name."""

from schemas.health import AspectName, HealthState
from schemas.offers import TermsChange
from schemas.requests.asked import Request


class UsernameRegister(Request, frozen=True, kw_only=True, tag="username.register.v1"):
    """Make `₿username@domain` pay the owner's node `node_id` (66 hex)."""

    username: str
    domain: str
    node_id: str


class UsernameRotate(Request, frozen=True, kw_only=True, tag="username.rotate.v1"):
    """Make the live name `₿username@domain` pay a new offer, made on the owner's node `node_id` (66 hex).

    `expiring_at` (unix seconds): offer-builder asks this of itself, because what the name pays now expires then.
    `terms`: what the new offer is to say otherwise than the one before (None: nothing); `offer_revision`: only if the
    record of the name's offer stands at it.
    """

    username: str
    domain: str
    node_id: str
    expiring_at: int | None = None
    terms: TermsChange | None = None
    offer_revision: int | None = None


class UsernameRelease(Request, frozen=True, kw_only=True, tag="username.release.v1"):
    """Give `₿username@domain` up: its record goes, then its offer, and it rests before somebody else may have it."""

    username: str
    domain: str


class UsernamePause(Request, frozen=True, kw_only=True, tag="username.pause.v1"):
    """Take the record of `₿username@domain` out before its offer expires at `expiring_at` (unix seconds).

    offer-builder asks this of itself; the name stays its owner's.
    """

    username: str
    domain: str
    expiring_at: int


class UsernameHealth(Request, frozen=True, kw_only=True, tag="username.health.v1"):
    """`aspect` of `₿username@domain` is in `state` since `since` (RFC 3339) for `reason`, after it was known as `was`.

    offer-builder asks this of itself, so that the owner is told as of everything else.
    """

    username: str
    domain: str
    aspect: AspectName
    state: HealthState
    was: HealthState
    since: str
    reason: str
