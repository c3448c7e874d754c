"""What the two steps called `settle` share: P4's clock."""

from bus.operations.facts import Operation
from bus.operations.outcomes import Fail, Wait
from schemas.facts import Absent, Authoritative, fact_name
from schemas.flows import Step


def still_cached(proven: Authoritative | Absent, op: Operation, step: Step, now: float) -> Wait | Fail | None:
    """Whether a compliant cache may hold what was there before; Fail where that is longer than `step` may take."""
    if proven.settles_at - op.at(fact_name(proven)) > step.timeout_s:
        return Fail("dns-not-propagated", "caches may keep what was there before longer than this may take", clean=True)
    if now < proven.settles_at:
        return Wait(proven.settles_at - now, "caches may still hold what was there before")
    return None
