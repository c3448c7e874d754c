"""The course of one delivery as pure decisions: when it is attempted, what an attempt's end means, when it is over."""

from dataclasses import dataclass
from typing import Literal, assert_never

from msgspec.structs import replace

from schemas.webhooks import ATTEMPTS_KEPT, PING, Attempt, Delivery, Webhook

DELAYS_S = (5, 30, 120, 600, 3600, 3 * 3600, 8 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
"""Pauses after the first, second, … failed attempt: a few seconds for a restart, about three days in all."""
PINGS_MAX = 2
"""A ping whose outcome is unknown is tried this often; one that failed is not tried again."""
JITTER = 0.2
RETRY_AFTER_MAX_S = 24 * 3600.0
CLAIM_MARGIN_S = 5.0
"""After its deadline an attempt has this long to say how it ended; then its outcome is unknown."""
HELD_LOOK_S = 3600.0
"""How often a delivery looks whether its webhook was enabled again."""
KEPT_S = 30 * 86_400.0
"""A delivery that is older is given up: its event is forgotten everywhere else by then."""


Why = Literal["dns", "connect", "tls", "timeout", "protocol", "address-refused", "url-refused"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver answered with HTTP `status`; `retry_after_s` if it said when to come back."""

    status: int
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unreached:
    """No answer came, for a reason that names no address and no path."""

    why: Why


End = Answered | Unreached


@dataclass(frozen=True, slots=True)
class Go:
    """Attempt it now."""


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing is left to do."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Look again at `at` (unix seconds)."""

    at: float


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Somebody's attempt may still end; ask again in `after_s`."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Become:
    """Write `delivery` in its place, with an alarm before if it has a `next_at`."""

    delivery: Delivery


Look = Go | Over | NotYet | UnderWay | Become


def look(delivery: Delivery, hook: Webhook | None, now: float, due: float = 0) -> Look:
    """What to do about `delivery`, whose webhook is `hook` (None: removed), at `now` by our clock.

    `due` is the instant whose alarm rang: the server says that it has come, whatever our clock says.
    """
    match delivery.state:
        case "delivered" | "failed":
            return Over()
        case "sending" if delivery.next_at is not None and now < delivery.next_at:
            return UnderWay(delivery.next_at - now)
        case "sending" | "pending" | "held":
            pass
        case _ as never:
            assert_never(never)
    if hook is None:
        return Become(_over(delivery, "webhook-removed"))
    if now - delivery.created_at > KEPT_S:
        return Become(_over(delivery, "expired"))
    if delivery.state == "sending" and delivery.tries >= (PINGS_MAX if delivery.type == PING else len(DELAYS_S) + 1):
        return Become(_over(delivery, "attempts-exhausted"))
    if hook.state == "disabled" and delivery.type != PING:
        held = delivery.state == "held" and delivery.next_at is not None and now < delivery.next_at
        return NotYet(delivery.next_at or now) if held else Become(held_at(delivery, now))
    at = delivery.next_at if delivery.state == "pending" else None
    return NotYet(at) if at is not None and max(now, due) < at else Go()


def begun(delivery: Delivery, now: float, timeout_s: float) -> Delivery:
    """`delivery` while an attempt is under way: nobody else begins one before that must have ended."""
    attempts = (*delivery.attempts, Attempt(at=now))[-ATTEMPTS_KEPT:]
    claim_ends = now + timeout_s + CLAIM_MARGIN_S
    return replace(delivery, state="sending", next_at=claim_ends, tries=delivery.tries + 1, attempts=attempts)


def ended(delivery: Delivery, end: End, now: float, *, scale: float, chance: float) -> Delivery:
    """`delivery` after its attempt came out as `end` at `now`; `chance` in [0, 1) is for the jitter (0.5: none)."""
    last = delivery.attempts[-1]
    took_ms = max(0, round((now - last.at) * 1000))
    match end:
        case Answered(status=status):
            attempt = replace(last, took_ms=took_ms, status=status)
        case Unreached(why=why):
            attempt = replace(last, took_ms=took_ms, error=why)
        case _ as never:
            assert_never(never)
    noted = replace(delivery, attempts=(*delivery.attempts[:-1], attempt))
    if accepted(end):
        return replace(noted, state="delivered", next_at=None, reason=None)
    if gone(end):
        return _over(noted, "gone")
    pause_s = delay(noted, end, scale=scale, chance=chance)
    if pause_s is None:
        return _over(noted, "not-retried" if noted.type == PING else "attempts-exhausted")
    return replace(noted, state="pending", next_at=now + pause_s)


def delay(delivery: Delivery, end: End, *, scale: float, chance: float) -> float | None:
    """Seconds until the next attempt, after the `tries` so far all failed; None: there is none."""
    if delivery.type == PING or delivery.tries > len(DELAYS_S):
        return None
    own = DELAYS_S[max(0, delivery.tries - 1)] * scale * (1 - JITTER + 2 * JITTER * chance)
    asked = end.retry_after_s if isinstance(end, Answered) else None
    return own if asked is None else max(own, min(asked, RETRY_AFTER_MAX_S))


def held_at(delivery: Delivery, now: float) -> Delivery:
    """`delivery` while its webhook is disabled."""
    return replace(delivery, state="held", next_at=now + HELD_LOOK_S)


def accepted(end: End) -> bool:
    """Whether the receiver took it: any 2xx, and nothing else. A redirect is a failure: it is never followed."""
    return isinstance(end, Answered) and 200 <= end.status < 300


def gone(end: End) -> bool:
    """Whether the receiver wants nothing more, ever (410)."""
    return isinstance(end, Answered) and end.status == 410


def _over(delivery: Delivery, reason: str) -> Delivery:
    return replace(delivery, state="failed", next_at=None, reason=reason)
