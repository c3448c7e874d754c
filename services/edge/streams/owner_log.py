"""An owner's log (NOTIFY) as the edge reads it: page by page, possibly from a follower that lags.

Whatever lags is looked for again; the session machine never takes silence for the end (`streams.session`).
"""

import asyncio

from bus.client import direct
from bus.client.connection import Bus
from bus.tables import subjects
from schemas.ids import Owner
from services.edge.streams.session import LOOK_AGAIN_S, Fetch, Logged

STREAM = "NOTIFY"
PAGE = 64
"""Messages read at once."""


async def head_of(bus: Bus, owner: Owner, at_least: int) -> int:
    """The newest sequence of the owner's log (0: empty); looked for again while it seems older than `at_least`."""
    head = 0
    for pause_s in LOOK_AGAIN_S:
        await asyncio.sleep(pause_s)
        found = await direct.last_of(bus, STREAM, subjects.notification(owner))
        head = found[-1].seq if found else 0
        if head >= at_least:
            break
    return head


async def page_of(bus: Bus, owner: Owner, fetch: Fetch) -> tuple[Logged, ...]:
    """Up to `PAGE` messages from where `fetch` says; BusUnavailable after some seconds without an answer."""
    found = await direct.following(bus, STREAM, subjects.notification(owner), fetch.start - 1, PAGE, None)
    return tuple(Logged(message.seq, message.data) for message in found)
