"""How a name is: four aspects, each with the state it is in and since when, and what its owner can do about it.

A state turns only when it was seen twice, so one lost packet alarms nobody. Not knowing is a state of its own and no
news: what is told is the way from the last thing that was known to the next.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from schemas.base import Wire, utc_text
from schemas.ids import Owner

HealthState = Literal["ok", "degraded", "down", "unknown"]
AspectName = Literal["dns", "dnssec", "offer", "signer"]

WHAT_TO_DO: Mapping[str, str] = {
    "fine": "Nothing: all is well.",
    "not-looked-at": "Nothing: nobody has looked lately; somebody will within minutes.",
    "being-registered": "Nothing: the name is on its way; its operation says how far it is.",
    "being-released": "Nothing: the name is being given up.",
    "name-paused": "Attach your node's signer and give the name a new offer: what it paid before expires.",
    "record-missing": "Nothing yet: no server of the zone shows the record. If it lasts, give the name a new offer.",
    "servers-disagree": "Nothing yet: some servers of the zone show something else. It usually heals within minutes.",
    "servers-silent": "Nothing: the servers of the zone do not answer us. Payers who have the record can pay.",
    "foreign-record": "Ask the operator of the domain: somebody has put another payment record at your name.",
    "zone-unsigned": "Ask the operator of the domain: its zone is not signed, so wallets refuse the name.",
    "chain-bogus": "Ask the operator of the domain: its signatures do not hold, so wallets refuse the name.",
    "chain-unknown": "Nothing: we could not check the signatures just now.",
    "offer-disabled": "Give the name a new offer: the one it pays is not active on your node.",
    "offer-expiring": "Attach your node's signer: the offer expires soon, and a new one cannot be made without it.",
    "offer-expired": "Attach your node's signer and give the name a new offer: the old one has expired.",
    "node-unannounced": "Have your node announced with an address, or give the name a new offer: nobody finds it.",
    "signer-detached": "Open your wallet: without your signer your node can receive nothing.",
    "no-peer": "Open a channel: a node that knows no peer can receive nothing, and shows no signer.",
    "node-asleep": "Open your wallet: your node sleeps, and whether it could be paid shows when it runs.",
    "node-unreachable": "Nothing yet: your node does not answer us. If it lasts, start it again.",
    "node-unknown": "Register your node again: we have no way to it any more.",
}
"""What an owner can do, in plain words, by reason."""


class Reading(Wire, frozen=True, kw_only=True):
    """What one look found: `reason` is a key of `WHAT_TO_DO`, `detail` what exactly."""

    state: HealthState
    reason: str
    detail: str = ""


FINE = Reading(state="ok", reason="fine")


class Aspect(Wire, frozen=True, kw_only=True):
    """One aspect: in `state` since `since` (RFC 3339), for `reason`; `was` is what was known before (None: nothing).

    `seen` is another state that the last look found, once.
    """

    state: HealthState
    since: str
    reason: str
    detail: str
    was: HealthState | None = None
    seen: HealthState | None = None

    @property
    def is_news(self) -> bool:
        """Whether its owner should be told how it is."""
        return self.state != "unknown" and self.was not in (None, self.state)


class DnsHealth(Wire, frozen=True, kw_only=True):
    """Bucket `dns-health`, key of `schemas.names.name_key`; written by dnssec-verifier. `looked_at`: unix seconds."""

    name: str
    owner: Owner
    dns: Aspect
    dnssec: Aspect
    looked_at: float


class NodeHealth(Wire, frozen=True, kw_only=True):
    """Bucket `node-health`, key of `schemas.names.name_key`; written by node-manager. `looked_at`: unix seconds."""

    name: str
    owner: Owner
    node_id: str
    offer: Aspect
    signer: Aspect
    looked_at: float


def heard(before: Aspect | None, reading: Reading, now: float, *, sure: bool = False) -> Aspect:
    """The aspect after a look that found `reading` at `now` (unix seconds); `sure`: it was seen twice already."""
    if before is None:
        return _turned(reading, now, None)
    if reading.state == before.state:
        return replace(before, reason=reading.reason, detail=reading.detail, seen=None)
    if before.seen != reading.state and not sure:
        return replace(before, seen=reading.state)
    return _turned(reading, now, before.was if before.state == "unknown" else before.state)


def _turned(reading: Reading, now: float, was: HealthState | None) -> Aspect:
    return Aspect(state=reading.state, since=utc_text(now), reason=reading.reason, detail=reading.detail, was=was)
