"""Zones that are signed, re-keyed and unsigned under a parent's DS: their states as a named set, and what moves them.

The state is never stored apart from what happened: it is the newest fact of the operation, read through one table.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from schemas.base import Wire
from schemas.flows import FlowName

SignerKind = Literal["cloudflare", "self"]
ParentKind = Literal["rfc2136", "cds", "manual"]
ZoneState = Literal[
    "unsigned",
    "signed-no-ds",
    "ds-ready",
    "ds-submitted",
    "ds-at-parent",
    "secure",
    "key2-published",
    "ds2-submitted",
    "ds2-at-parent",
    "old-retired",
    "ds-removal",
    "insecure-signed",
]
"""Only in `unsigned` may a zone be without signatures."""

LONGEST_S = 20 * 86_400.0
"""An operation that is open longer, held or not, is taken back while its facts are still kept (DESIGN §3)."""

_ZONE = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Ds(Wire, frozen=True, kw_only=True, order=True):
    """One DS record (RFC 4034 §5); `digest` is upper-case hex."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: str

    @property
    def text(self) -> str:
        """As a registrar's form and a zone file want it."""
        return f"{self.key_tag} {self.algorithm} {self.digest_type} {self.digest}"


STATES: Mapping[FlowName, Mapping[str, ZoneState]] = {
    "zone.sign": {
        "zone-claimed": "unsigned",
        "zone-signing": "signed-no-ds",
        "ds-forsaken": "ds-removal",
        "zone-ds-ready": "ds-ready",
        "ds-submitted": "ds-submitted",
        "ds-at-parent": "ds-at-parent",
        "zone-secure": "secure",
        "ds-withdrawn": "ds-removal",
        "ds-gone": "insecure-signed",
        "zone-signing-stopped": "unsigned",
    },
    "zone.unsign": {
        "zone-claimed": "secure",
        "ds-withdrawn": "ds-removal",
        "ds-restored": "ds-submitted",
        "ds-gone": "insecure-signed",
        "zone-signing-stopped": "insecure-signed",
        "zone-insecure": "unsigned",
        "zone-freed": "secure",
    },
    "zone.roll": {
        "zone-claimed": "secure",
        "zone-ds-ready": "key2-published",
        "ds-submitted": "ds2-submitted",
        "ds-restored": "ds-submitted",
        "ds-at-parent": "ds2-at-parent",
        "old-ds-expired": "old-retired",
        "zone-secure": "secure",
        "zone-freed": "secure",
    },
}
"""In which state a fact of a flow leaves its zone; facts that are not here leave it as it was."""


def state_of(flow: FlowName, facts: Iterable[str]) -> ZoneState | None:
    """The state after `facts` (names, in the order they happened); None before the zone was claimed."""
    state: ZoneState | None = None
    for fact in facts:
        state = STATES[flow].get(fact, state)
    return state


def is_zone(text: str) -> bool:
    """Whether `text` is a zone's name as we spell it: lower-case ASCII, at least two labels, no final dot."""
    return _ZONE.fullmatch(text) is not None


class Span(Wire, frozen=True, kw_only=True):
    """From when until when (unix seconds) a zone was held."""

    since: float
    until: float


def moving_s(since: float, now: float, holds: Iterable[Span]) -> float:
    """Seconds from `since` to `now` in which the zone was not held: a hold uses up nobody's patience."""
    held = sum(max(0.0, min(hold.until, now) - max(hold.since, since)) for hold in holds)
    return max(0.0, now - since - held)


ZONE_LEASE_S = 10.0
"""How long others wait for one that died while it talked to a signer or a parent."""


def zone_lease(zone: str) -> str:
    """The lease under which one process at a time talks to the signer and the parent of `zone`."""
    return f"zone.{zone}"
