"""Looking at every name again and again, one process at a time, and opening what is due.

Two at once, or one that died between two lines, open the same operations (`due`). Every round begins with a look at
the bus's clock, and without one there is none: a clock of ours that is off takes nothing out.
"""

import asyncio
from typing import assert_never

import structlog

from bus.buckets.leases import Held
from bus.client import clock
from bus.client.connection import Bus
from bus.errors import Undecodable
from bus.operations.facts import OpRef
from bus.rounds.patrol import patrol
from schemas.names import NameProblem, parse_name
from schemas.records import NameRecord
from schemas.settings import Settings
from services.offer_builder.desk import Desk
from services.offer_builder.upkeep.asking import interrupt, renew, withdraw
from services.offer_builder.upkeep.due import Duty, Interrupt, Renew, Rest, Timetable, Withdraw, due
from services.offer_builder.upkeep.letting_go import LettingGo
from services.offer_builder.upkeep.turns import Turns

LEASE = "upkeep"
EVERY_S = 30.0
MOST_RENEWALS = 100
"""Rotations begun in one round; the others wait for the next."""

log = structlog.stdlib.get_logger("offer-builder")


async def run_upkeep(bus: Bus, desk: Desk, stopping: asyncio.Event) -> None:
    """Look until `stopping`, whenever this process holds the lease."""
    turns, letting_go = Turns(bus), LettingGo(bus, desk)

    opened: dict[str, Duty] = {}

    async def look(ours: Held) -> None:
        await look_at_all(bus, desk, ours, opened)
        await turns.look(ours)
        await letting_go.look(ours)

    await patrol(bus, LEASE, min(EVERY_S, desk.settings.sweep_after_s / 2), stopping, look)


async def look_at_all(bus: Bus, desk: Desk, ours: Held, opened: dict[str, Duty] | None = None) -> None:
    """One round over all names, for as long as it is `ours` to make.

    `opened` is what earlier rounds of this process opened for which key: it spares asking for the same again.
    """
    opened = {} if opened is None else opened
    if not await clock.look(bus):
        return
    times = timetable(desk.settings)
    usual = desk.settings.record_ttl_s
    longer = {key: entry.value.ttl_s async for key, entry in desk.published.walk() if entry.value.ttl_s > usual}
    room = MOST_RENEWALS
    async for key, entry in desk.names.walk():
        if not ours:
            return
        duty = due(entry.value, longer.get(key, usual), times, desk.clock())
        if isinstance(duty, Rest):
            opened.pop(key, None)
            continue
        if duty == opened.get(key) or (isinstance(duty, Renew) and room <= 0):
            continue
        try:
            await _tend(bus, entry.value, duty)
        except Undecodable as error:  # one operation that cannot be read must not hold up every other name
            log.error("name.untended", name=entry.value.name, error=str(error))
        else:
            room -= isinstance(duty, Renew)
            opened |= {} if isinstance(duty, Interrupt) else {key: duty}


def timetable(settings: Settings) -> Timetable:
    """The times that the settings ask for."""
    return Timetable(
        margin_s=settings.settle_margin_s,
        withdraw_s=settings.offer_withdraw_lead_s,
        renew_s=settings.offer_renew_lead_s,
    )


async def _tend(bus: Bus, record: NameRecord, duty: Renew | Withdraw | Interrupt) -> None:
    name = parse_name(record.name)
    if isinstance(name, NameProblem):
        raise Undecodable("the name is none")
    match duty:
        case Interrupt(op=op):
            if await interrupt(bus, OpRef(record.owner, op)):
                log.warning("name.interrupted", name=name.text, op=op)
        case Withdraw(expires_at=expires_at):
            op = await withdraw(bus, name, record, duty)
            log.warning("name.withdrawing", name=name.text, op=op, expires_at=expires_at)
        case Renew(expires_at=expires_at):
            op = await renew(bus, name, record, duty)
            log.info("name.renewing", name=name.text, op=op, expires_at=expires_at)
        case _ as never:
            assert_never(never)
