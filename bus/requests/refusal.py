"""Telling who asked that a request was not taken: one message a request in REFUSED, republished to `op.<op>.refused`.

A client's mistake is not our dead letter: DLQ is for what *we* could not handle, and nobody outside can fill it.
Guarantees: the same request is refused with the same bytes however often it is delivered, so a crash between this and
the acknowledgement changes nothing; of requests under one id the newest refused one stands, whichever is judged first;
what was sent is never repeated.
"""

import asyncio
import hashlib
import random
import re
from dataclasses import dataclass

import msgspec
import structlog

from bus.client import direct
from bus.client.connection import Bus
from bus.client.delivery import Delivery
from bus.client.publish import Conflict, Stored, publish
from bus.requests.admission import TurnedAway
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.refused import RequestRefused

log = structlog.stdlib.get_logger("bus")

STREAM = "REFUSED"
AGAIN_S = 0.05
_SPEAKABLE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as INGRESS holds it: `at` in unix seconds."""

    subject: str
    seq: int
    at: float
    data: bytes


def asked_by(delivery: Delivery) -> Asked:
    """The request that `delivery` brought."""
    return Asked(delivery.subject, delivery.seq, delivery.stored_at, delivery.data)


async def refuse(bus: Bus, asked: Asked, away: TurnedAway) -> None:
    """Store that `asked` was turned away, and why; BusUnavailable if that is not known to be stored."""
    op = addressee(asked.subject)
    refused = RequestRefused(
        op=op,
        seq=asked.seq,
        code=away.code,
        detail=away.detail,
        at=utc_text(asked.at),
        sha256=hashlib.sha256(asked.data).hexdigest(),
        owner=away.owner,
    )
    await _insist(bus, refused)
    log.warning("request.refused", op=op, owner=away.owner, seq=asked.seq, code=away.code, detail=away.detail)


async def _insist(bus: Bus, refused: RequestRefused) -> None:
    while True:
        if await _stands(bus, refused):
            return
        await asyncio.sleep(AGAIN_S * random.random())  # noqa: S311  jitter is no secret


async def _stands(bus: Bus, refused: RequestRefused) -> bool:
    """Whether `refused`, or the refusal of a newer request under its id, stands; False: somebody wrote meanwhile."""
    standing = await refusal_of(bus, refused.op)
    if standing is not None and msgspec.json.decode(standing.data, type=RequestRefused).seq >= refused.seq:
        return True
    last = standing.seq if standing else 0
    answer = await publish(
        bus, subjects.refused(refused.op), encode(refused), msg_id=f"refused:{refused.seq}", expect_last=last
    )
    match answer:
        case Stored():
            return True
        case Conflict():
            return False


async def refusal_of(bus: Bus, op: str) -> direct.Stored | None:
    """The newest refusal under `op` as stored (a `RequestRefused`), or None."""
    found = await direct.last_of(bus, STREAM, subjects.refused(op))
    return found[-1] if found else None


def addressee(subject: str) -> str:
    """The token under which whoever asked on `subject` listens: its last, unless that could stand in no subject."""
    last = subject.rpartition(".")[2]
    return last if _SPEAKABLE.fullmatch(last) else hashlib.sha256(subject.encode()).hexdigest()[:26]
