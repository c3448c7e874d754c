"""What an expiring offer asks of us now. Pure: the name's record and the time in, a duty out.

The last moment to begin taking a record out is `expiry − (TTL + margin) − the time that takes`; rotations are tried
from `renew_s` before that. Every try has a number that follows from the time alone, so that whoever looks, and however
often, means the same operation.
"""

from dataclasses import dataclass

from schemas.ids import OpId
from schemas.records import NameRecord

RENEWALS = 12
"""How many rotations are tried before the last moment: a phone with a signer is not always on."""
WITHDRAWALS = 6
"""How many withdrawals are tried in the time that one is given; they go on after it."""
SHORTEST_S = 5.0
"""No two tries are nearer to each other."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """`withdraw_s`: how long a withdrawal is given; `renew_s`: for how long before that a rotation is tried."""

    margin_s: float
    withdraw_s: float
    renew_s: float

    def last_moment(self, expires_at: int, ttl_s: int) -> float:
        """When (unix seconds) the record has to begin to go, if caches keep it for `ttl_s`."""
        return expires_at - ttl_s - self.margin_s - self.withdraw_s


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is to be done now."""


@dataclass(frozen=True, slots=True)
class Renew:
    """Open the rotation with this number."""

    expires_at: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Open the withdrawal with this number."""

    expires_at: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Operation `op` is changing the name and must not hold up its withdrawal."""

    op: OpId


Duty = Rest | Renew | Withdraw | Interrupt


def due(record: NameRecord, ttl_s: int, times: Timetable, now: float) -> Duty:
    """What `record`, published under `ttl_s`, asks of us at `now` (unix seconds)."""
    expires_at = record.offer_expires_at
    if record.state != "active" or expires_at is None:
        return Rest()
    last_moment = times.last_moment(expires_at, ttl_s)
    if now >= last_moment:
        if record.changing is not None:
            return Interrupt(record.changing)
        return Withdraw(expires_at, _number(now - last_moment, times.withdraw_s / WITHDRAWALS))
    if record.by_operator:
        return Rest()  # theirs to replace: we have no node to ask for another offer
    since = now - (last_moment - times.renew_s)
    if since < 0 or record.changing is not None:
        return Rest()
    return Renew(expires_at, _number(since, times.renew_s / RENEWALS))


def _number(since_s: float, every_s: float) -> int:
    return int(since_s // max(every_s, SHORTEST_S))
