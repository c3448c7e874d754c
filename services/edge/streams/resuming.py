"""Where a client goes on: after the sequence it says, or else after its device's cursor, or from the beginning."""

from typing import assert_never

import structlog

from schemas.ids import Owner
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.streams.cursor_rules import Astray, Resume, resumed
from services.edge.streams.owner_log import head_of

log = structlog.stdlib.get_logger("edge")


async def start_of(edge: Edge, owner: Owner, last_seq: int | None, device: str | None) -> int:
    """The sequence after which the client goes on (0: all that is kept). Refusal `too-many-devices`."""
    if device is None:
        return last_seq or 0
    async with patience(edge.bus):
        standing = await edge.cursors.standing(owner, device)
        if last_seq is not None:
            return last_seq
        head = await head_of(edge.bus, owner, standing) if standing else 0
        where = resumed(standing, head)
        match where:
            case Resume(seq=seq):
                return seq
            case Astray():
                # It would keep the device from everything that a new log holds until that has grown past it.
                log.warning("cursor.astray", owner=owner, cursor=standing, head=head)
                await edge.cursors.forget(owner, device)
                return 0
            case _ as never:
                assert_never(never)
