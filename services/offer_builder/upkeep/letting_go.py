"""Offers that are over leave the bucket: after a time, or when an owner has too many of them, the oldest first.

Whoever looks decides on the record as it stands (compare-and-set), so one that came back meanwhile stays. One whose
operations LEDGER still shows at work stays until they are over: a payment to it has yet to be credited, or a node yet
to be told. Crash between any two lines: what is gone is gone, and the next round looks at the rest.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import structlog

from bus.buckets.leases import Held
from bus.client import clock
from bus.client.connection import Bus
from bus.errors import Undecodable
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from schemas.base import UNREADABLE
from schemas.ids import Owner
from schemas.names import Name, name_key, parse_name
from services.offer_builder.desk import Desk
from services.offer_builder.offers.over import Over, excess, may_be_paid_again, over

EVERY_S = 3600.0

log = structlog.stdlib.get_logger("offer-builder")


@dataclass(slots=True)
class LettingGo:
    """Goes through the bucket at most every `every_s` seconds, and when it is another process's turn."""

    bus: Bus
    desk: Desk
    every_s: float = EVERY_S
    _held: Held | None = field(init=False, default=None)
    _due_at: float = field(init=False, default=0.0)

    async def look(self, ours: Held) -> None:
        """One round, if it is time for one; nothing is let go of by a clock that is off."""
        if (self._held is ours and self.desk.clock() < self._due_at) or not await clock.look(self.bus):
            return
        await self.round(ours)
        self._held, self._due_at = ours, self.desk.clock() + self.every_s

    async def round(self, ours: Held) -> None:
        """Let go of what need not be kept, for as long as it is `ours` to do."""
        now, settings = self.desk.clock(), self.desk.settings
        owners: dict[Owner, list[Over]] = defaultdict(list)
        async for _, entry in self.desk.offers.records.walk():
            if (one := over(entry, now)) is not None:
                owners[one.owner].append(one)
        gone = 0
        for found in owners.values():
            for one in excess(found, settings.offer_keep_s, settings.offers_over_per_owner, now):
                if not ours:
                    return
                gone += await self._let_go(one)
        if gone:
            log.info("offers.let-go", offers=gone)

    async def _let_go(self, one: Over) -> bool:
        try:
            if await self._is_needed(one) or not await self.desk.offers.delete(one.owner, one.id, one.revision):
                return False
        except UNREADABLE as error:  # one name that cannot be read must not hold up every other offer
            log.error("offer.not-let-go", owner=one.owner, offer=one.id, error=type(error).__name__)
            return False
        log.info("offer.let-go", owner=one.owner, offer=one.id, state=one.state, over_since=one.since)
        return True

    async def _is_needed(self, one: Over) -> bool:
        name = parse_name(one.name) if one.name is not None else None
        if isinstance(name, Name):
            standing = await self.desk.names.get(name_key(name))
            if may_be_paid_again(one, standing.value if standing else None):
                return True
        for op in one.ops:
            try:
                standing_op = await ledger.read(self.bus, OpRef(one.owner, op))
                if standing_op is not None and not isinstance(slip.position(standing_op), slip.Finished):
                    return True
            except Undecodable:  # its first facts are forgotten: it was opened longer ago than any may be open
                continue
        return False
