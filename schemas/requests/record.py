"""What is asked about a record in DNS."""

from typing import Literal

from schemas.requests.asked import Request

DriftKind = Literal["missing", "changed", "second", "ttl", "blocked"]
"""How a record differs from what we published: gone; another content; a second payment record; another TTL; something
stands there that makes the name mean another place (CNAME, NS)."""


class DnsPublish(Request, frozen=True, kw_only=True, tag="dns.publish.v1"):
    """Publish `uri` under `₿username@domain`, with a TTL of `ttl_s`: an operator's record, new or in place of one."""

    username: str
    domain: str
    uri: str
    ttl_s: int


class DnsWithdraw(Request, frozen=True, kw_only=True, tag="dns.withdraw.v1"):
    """Take the operator's record of `₿username@domain` away; the name rests before somebody else may have it."""

    username: str
    domain: str


class RecordDrift(Request, frozen=True, kw_only=True, tag="record.drift.v1"):
    """Tell the name's owner that its record is not as we published it; dns-publisher asks this of itself.

    `pubkey` is empty; `since` is unix seconds.
    """

    username: str
    domain: str
    kind: DriftKind
    detail: str
    since: float
    repairs: bool


class RecordHeal(Request, frozen=True, kw_only=True, tag="record.heal.v1"):
    """Tell the name's owner that its record is right again; dns-publisher asks this of itself. `pubkey` is empty."""

    username: str
    domain: str
    how: Literal["repaired", "by-itself"]
    since: float
