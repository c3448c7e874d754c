"""How long to wait before the next look, and when waiting has to end with a code that says why.

Pure. Pauses grow with the time already waited, so a short outage costs little and a long one is not hammered. The last
look falls just before the step's deadline, so that an owner is told the reason and not only `step-timeout`.
"""

from bus.operations.facts import Operation
from bus.operations.outcomes import Fail, Wait
from schemas.facts import AnyFact
from schemas.flows import Step

FIRST_S = 0.3
LONGEST_S = 15.0
LAST_LOOK_S = 4.0
"""A look in the last this many seconds before the deadline is the last one (half of the step if that is shorter)."""


def wait_or_fail(
    op: Operation, step: Step, now: float, *, reason: str, code: str, note: AnyFact | None = None
) -> Wait | Fail:
    """Wait and look again, or, when `step` is about to time out, fail with `code`; `reason` becomes the detail."""
    waited = max(0.0, now - op.moved_at)
    left = step.timeout_s - waited
    last_look = min(LAST_LOOK_S, step.timeout_s / 2)
    if left <= last_look:
        return Fail(code, reason)
    return Wait(min(pause(waited), left - last_look / 2), reason, note)


def pause(waited_s: float) -> float:
    """Seconds until the next look after having waited `waited_s`."""
    return min(LONGEST_S, max(FIRST_S, waited_s / 2))
