"""Facts of `zone.sign`, `zone.roll` and `zone.unsign`, and of what holds them up (`zone.hold`, `zone.resume`)."""

from schemas.base import Wire
from schemas.facts.life import Fact
from schemas.facts.name import Probe
from schemas.zones import Ds, ParentKind, SignerKind


class Evidence(Wire, frozen=True, kw_only=True):
    """What let a gate be passed: everything it demands was seen in each of `looks` looks from `since` to `at`.

    `lasting_s` is how long it had to be so, and `because` which TTL demands that. `probes` are those of the last look:
    which address said what. Times are unix seconds.
    """

    since: float
    at: float
    looks: int
    lasting_s: float
    because: str
    probes: tuple[Probe, ...]


class ZoneFact(Fact, frozen=True, kw_only=True):
    """What every fact about a zone names."""

    zone: str


class ZoneSeen(ZoneFact, frozen=True, kw_only=True):
    """A gate was passed."""

    evidence: Evidence


class DsHanded(ZoneFact, frozen=True, kw_only=True):
    """The parent was told something of `ds`, or (`how` other than rfc2136) `detail` says who sees to it."""

    ds: tuple[Ds, ...]
    how: ParentKind
    detail: str


class ZoneClaimed(ZoneSeen, frozen=True, kw_only=True, tag="zone-claimed"):
    """The zone is this operation's to change. `former` is the DS set that every address of the parent gives.

    `ds_ttl_s` is how long caches may keep it (of a set that does not stand yet: what the parent would give it).
    `was_signed`: the zone was served with keys already. `max_ttl_s` bounds every TTL in the zone.
    """

    signer: SignerKind
    parent: ParentKind
    former: tuple[Ds, ...]
    ds_ttl_s: int
    was_signed: bool
    max_ttl_s: int


class ZoneFreed(ZoneFact, frozen=True, kw_only=True, tag="zone-freed"):
    """Compensation: the zone is anybody's to change who may."""


class ZoneSigning(ZoneFact, frozen=True, kw_only=True, tag="zone-signing"):
    """The signer was told to sign, or (`detail`) the operator is to configure it."""

    signer: SignerKind
    detail: str


class ParentClear(ZoneSeen, frozen=True, kw_only=True, tag="parent-clear"):
    """No address of the parent gives a DS, again and again: the zone may be signed."""


class ZonePrepared(ZoneFact, frozen=True, kw_only=True, tag="zone-prepared"):
    """The signer and the parent are those of the settings; nothing was told to either. Undone when signing stops."""

    signer: SignerKind
    parent: ParentKind


class DsForsaken(ZoneFact, frozen=True, kw_only=True, tag="ds-forsaken"):
    """Compensation: the signer signs on, and was told to announce that no DS is wanted (RFC 8078 §4)."""

    detail: str


class ZoneSigningStopped(ZoneFact, frozen=True, kw_only=True, tag="zone-signing-stopped"):
    """No cache can hold a DS any more, and the signer was told to stop, or (`detail`) the operator may stop it."""

    detail: str


class ZoneDsReady(ZoneSeen, frozen=True, kw_only=True, tag="zone-ds-ready"):
    """With `ds` at the parent the zone would be secure at every address, and would have been for as long as needed."""

    ds: tuple[Ds, ...]


class DsSubmitted(DsHanded, frozen=True, kw_only=True, tag="ds-submitted"):
    """The parent was given `ds`, or (`how` other than rfc2136) `detail` says who brings it there."""


class DsWithdrawn(DsHanded, frozen=True, kw_only=True, tag="ds-withdrawn"):
    """The parent was told to drop `ds`, or (`how` other than rfc2136) `detail` says who makes it."""


class DsRestored(DsHanded, frozen=True, kw_only=True, tag="ds-restored"):
    """Compensation: the parent was given `ds`, which was there before, back."""


class DsAtParent(ZoneSeen, frozen=True, kw_only=True, tag="ds-at-parent"):
    """Every address of the parent gives exactly `ds`, signed, with a TTL of at most `ttl_s`."""

    ds: tuple[Ds, ...]
    ttl_s: int


class OldDsExpired(ZoneSeen, frozen=True, kw_only=True, tag="old-ds-expired"):
    """No cache holds `former` any more: the keys they name may go."""

    former: tuple[Ds, ...]


class DsGone(ZoneSeen, frozen=True, kw_only=True, tag="ds-gone"):
    """No address of the parent gives a DS, that is proven, and no cache can hold one or what was believed for it."""


class ZoneSecure(ZoneSeen, frozen=True, kw_only=True, tag="zone-secure"):
    """The zone is secure from the root at every address, and no cache holds that it was otherwise."""

    ds: tuple[Ds, ...]


class ZoneInsecure(ZoneSeen, frozen=True, kw_only=True, tag="zone-insecure"):
    """The zone is unsigned at every address, and that it may be is proven from the root."""


class ZoneHeld(ZoneFact, frozen=True, kw_only=True, tag="zone-held"):
    """Nobody changes the zone, its signing or its DS until it is resumed; what was under way is over."""

    reason: str


class ZoneResumed(ZoneFact, frozen=True, kw_only=True, tag="zone-resumed"):
    """The zone may be changed again."""


class ZoneOnHold(ZoneFact, frozen=True, kw_only=True, tag="zone-on-hold"):
    """Note: the operation does nothing but wait; while it does, none of its times runs."""

    reason: str


class ZoneWaiting(ZoneFact, frozen=True, kw_only=True, tag="zone-waiting"):
    """Note: what the gate of `step` waited for when it was first looked at."""

    step: str
    detail: str
