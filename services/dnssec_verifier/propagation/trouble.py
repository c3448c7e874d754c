"""What is wrong with a published name, and what to do about it: keep looking, or give up with which code.

An authoritative server that is one behind heals, so it gets nearly all of the step's time. A bogus or expired signature
may be a zone being re-signed, a second record may be one being replaced, an unsigned zone may be one whose DS is on its
way: each gets minutes, counted from the fact the step follows. Then a person is better served by the reason.
"""

from dataclasses import dataclass
from enum import Enum

from bus.operations.outcomes import Fail, Wait
from services.dnssec_verifier.chain.verdict import Bogus, Failure, Indeterminate, Insecure
from services.dnssec_verifier.propagation.look import Finding


class Kind(Enum):
    """Kinds of trouble; the value is the problem code it ends in."""

    NOT_PROPAGATED = "dns-not-propagated"
    FOREIGN = "dns-foreign-record"
    BOGUS = "dnssec-bogus"
    INSECURE = "dnssec-insecure"
    UNKNOWN = "dnssec-indeterminate"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Not as it should be: `detail` is for the owner. `right` of `servers` addresses are right (0 of 0: not asked)."""

    kind: Kind
    detail: str
    right: int = 0
    servers: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds each kind of trouble may last; `share` of the step's time for what should heal by itself."""

    bogus_s: float = 300.0
    insecure_s: float = 300.0
    foreign_s: float = 300.0
    share: float = 0.9

    def limit_s(self, kind: Kind, step_timeout_s: float) -> float:
        """How long `kind` may last in a step of `step_timeout_s`."""
        whole = self.share * step_timeout_s
        own = {Kind.BOGUS: self.bogus_s, Kind.INSECURE: self.insecure_s, Kind.FOREIGN: self.foreign_s}
        return min(own.get(kind, whole), whole)


KIND_OF: dict[Finding, Kind] = {
    Finding.SILENT: Kind.NOT_PROPAGATED,
    Finding.UNROUTABLE: Kind.NOT_PROPAGATED,
    Finding.REFUSED: Kind.NOT_PROPAGATED,
    Finding.NOT_AUTHORITATIVE: Kind.NOT_PROPAGATED,
    Finding.ABSENT: Kind.NOT_PROPAGATED,
    Finding.STALE: Kind.NOT_PROPAGATED,
    Finding.STANDING: Kind.NOT_PROPAGATED,
    Finding.TTL: Kind.NOT_PROPAGATED,
    Finding.SEVERAL: Kind.FOREIGN,
    Finding.ALIAS: Kind.FOREIGN,
    Finding.UNSIGNED: Kind.BOGUS,
    Finding.EXPIRED: Kind.BOGUS,
    Finding.NOT_YET_VALID: Kind.BOGUS,
    Finding.BOGUS: Kind.BOGUS,
}

_PACE = ((30.0, 0.0), (300.0, 5.0))
"""Until so many seconds have passed: at least so long between two looks. Later: a thirtieth of what has passed."""
_SLOWEST_S = 60.0


def of_chain(failure: Failure) -> Trouble:
    """Trouble with the chain to the zone."""
    match failure:
        case Insecure(zone):
            return Trouble(Kind.INSECURE, f"{zone} is not signed")
        case Bogus(reason, where):
            return Trouble(Kind.BOGUS, f"{reason.value} at {where}")
        case Indeterminate(reason, where):
            return Trouble(Kind.UNKNOWN, f"{reason.value} at {where}")


def decide(trouble: Trouble, elapsed_s: float, step_timeout_s: float, fast_s: float, patience: Patience) -> Wait | Fail:
    """Look again later, or give up: `elapsed_s` since the trouble could first be seen."""
    limit_s = patience.limit_s(trouble.kind, step_timeout_s)
    if elapsed_s >= limit_s:
        return Fail(trouble.kind.value, trouble.detail, clean=True)
    return Wait(min(pace(elapsed_s, fast_s), limit_s - elapsed_s), trouble.detail)


def pace(elapsed_s: float, fast_s: float) -> float:
    """Seconds until the next look, `elapsed_s` after the first."""
    for until_s, least_s in _PACE:
        if elapsed_s < until_s:
            return max(fast_s, least_s)
    return max(fast_s, min(_SLOWEST_S, elapsed_s / 30))
