"""What is asked about a zone."""

from schemas.requests.asked import Request
from schemas.zones import ParentKind


class ZoneSign(Request, frozen=True, kw_only=True, tag="zone.sign.v1"):
    """Sign `zone` (lower-case, no final dot) and bring its DS to the parent, as the setting says or by `parent`.

    `max_ttl_s` is the longest TTL in the zone: so long a cache may hold what was served unsigned.
    """

    zone: str
    parent: ParentKind | None = None
    max_ttl_s: int = 86_400


class ZoneUnsign(Request, frozen=True, kw_only=True, tag="zone.unsign.v1"):
    """Take the DS of `zone` away and, when no cache holds it, stop signing."""

    zone: str
    parent: ParentKind | None = None


class ZoneRoll(Request, frozen=True, kw_only=True, tag="zone.roll.v1"):
    """Follow the signer of `zone` to its new key signing key: change the DS, and say when the old key may go."""

    zone: str
    parent: ParentKind | None = None


class ZoneHold(Request, frozen=True, kw_only=True, tag="zone.hold.v1"):
    """Change nothing about `zone` until it is resumed. `reason` is for those who look."""

    zone: str
    reason: str = ""


class ZoneResume(Request, frozen=True, kw_only=True, tag="zone.resume.v1"):
    """Let `zone` be changed again."""

    zone: str
