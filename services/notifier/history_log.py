"""The record of a finished operation, written once, whoever asks and however often."""

import msgspec

from bus.client import direct
from bus.client.connection import Bus
from bus.client.publish import Conflict, Stored, publish
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.ids import OpId, Owner
from schemas.notifications import History

STREAM = "HISTORY"
PAGE = 256
CLOCKS_APART_S = 60.0
"""How far the clocks of two servers may differ when one's time is looked up in the other's stream."""


async def write_once(bus: Bus, owner: Owner, record: History, finished_at: float) -> bool:
    """Whether `record` stands now; False: somebody wrote to the owner's history meanwhile, try again.

    `finished_at` (unix seconds) bounds where an earlier record of the same operation can be.
    """
    subject = subjects.history(owner)
    # The newest sequence first: what is written after it and not seen below fails the compare-and-set.
    newest = await direct.last_of(bus, STREAM, subject)
    if await _stands(bus, subject, record.op, finished_at):
        return True
    last = newest[-1].seq if newest else 0
    answer = await publish(bus, subject, encode(record), msg_id=record.op, expect_last=last)
    match answer:
        case Stored():
            return True
        case Conflict():
            return False


async def _stands(bus: Bus, subject: str, op: OpId, finished_at: float) -> bool:
    after, since = 0, utc_text(finished_at - CLOCKS_APART_S)
    while page := await direct.following(bus, STREAM, subject, after, PAGE, since):
        if any(msgspec.json.decode(stored.data, type=History).op == op for stored in page):
            return True
        after = page[-1].seq
    return False
