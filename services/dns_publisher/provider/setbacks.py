"""What to tell the worker loop when the provider did not do as asked: wait or fail, by one table.

Waiting is bounded by the step's own time: shortly before it runs out, the reason is told instead of a bare timeout.
"""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from bus.operations.outcomes import Fail, Wait
from services.dns_publisher.provider.answers import Meaning, Refused, Unknown


class After(Enum):
    """How long a setback may last."""

    NEVER = "give up at once"
    MINUTES = "a few minutes"
    STEP = "nearly the step's whole time"


@dataclass(frozen=True, slots=True)
class Rule:
    """After how long a refusal ends in which problem code, and the pause between two tries."""

    code: str
    after: After
    pause_s: float = 0.0


RULES: dict[Meaning, Rule] = {
    Meaning.LIMITED: Rule("dns-rate-limited", After.STEP, 60.0),
    Meaning.EXISTS: Rule("dns-unavailable", After.STEP, 1.0),
    Meaning.GONE: Rule("dns-unavailable", After.STEP, 1.0),
    Meaning.CHANGED: Rule("dns-unavailable", After.STEP, 0.2),
    Meaning.QUOTA: Rule("dns-quota", After.NEVER),
    Meaning.CONFLICT: Rule("dns-foreign-record", After.NEVER),
    Meaning.INVALID: Rule("dns-refused", After.NEVER),
    Meaning.CREDENTIALS: Rule("dns-credentials", After.MINUTES, 30.0),
    Meaning.ZONE: Rule("dns-refused", After.MINUTES, 30.0),
    Meaning.ODD: Rule("dns-refused", After.MINUTES, 5.0),
}
UNKNOWN = Rule("dns-unavailable", After.STEP, 2.0)

MINUTES_S = 300.0
STEP_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a step stands: `elapsed_s` of its `timeout_s`."""

    elapsed_s: float
    timeout_s: float

    def limit_s(self, after: After) -> float:
        """How long a setback with `after` may last."""
        whole = STEP_SHARE * self.timeout_s
        match after:
            case After.NEVER:
                return 0.0
            case After.MINUTES:
                return min(MINUTES_S, whole)
            case After.STEP:
                return whole
            case _:
                assert_never(after)


def outcome(setback: Refused | Unknown, clock: Clock) -> Wait | Fail:
    """Wait and look again, or Fail; pauses grow with the time that has passed, and a Retry-After is honoured."""
    rule = UNKNOWN if isinstance(setback, Unknown) else RULES[setback.meaning]
    asked_s = None if isinstance(setback, Unknown) else setback.retry_after_s
    left_s = clock.limit_s(rule.after) - clock.elapsed_s
    pause_s = asked_s if asked_s is not None else max(rule.pause_s, min(60.0, clock.elapsed_s / 10))
    if left_s <= 0 or (asked_s is not None and asked_s >= left_s):
        return Fail(rule.code, setback.detail)
    return Wait(min(pause_s, left_s), setback.detail)
