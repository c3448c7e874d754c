"""Comparing every domain again and again, by one replica at a time; whoever takes over begins with the next round.

What was seen once is looked at again soon, so that its owner need not wait for a whole round to be told.
"""

import asyncio

import msgspec
import structlog

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.rounds.patrol import patrol, pause
from schemas.records import ZoneCheck
from services.dns_publisher.drift.expected import make_book
from services.dns_publisher.drift.notes import make_notes, repairs
from services.dns_publisher.drift.survey import LeaseLost, Result, Survey
from services.dns_publisher.handlers.task import Tools
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.provider.setbacks import RULES, UNKNOWN

LEASE = "dns-drift"
LEASE_S = 30.0
SOON_S = 30.0
"""When what was seen once is looked at again, if a round does not come sooner."""
PAUSE_S = 1.0
"""Between two calls to a provider: of the 1200 that Cloudflare grants in five minutes a quarter at most is ours."""

log = structlog.stdlib.get_logger()


async def watch_drift(tools: Tools, stopping: asyncio.Event, *, pause_s: float = PAUSE_S) -> None:
    """Compare until `stopping`. Not at once: after an outage there is more urgent work for the provider."""
    every_s = tools.bus.settings.dns_drift_every_s
    soon_s = min(every_s, SOON_S)

    async def look(mine: Held) -> float | None:
        try:
            return soon_s if await compare_all(tools, mine, pause_s=pause_s) else None
        except LeaseLost:
            log.warning("drift.interrupted")
            return None

    await pause(stopping, soon_s)
    await patrol(tools.bus, LEASE, every_s, stopping, look, LEASE_S)


async def compare_all(tools: Tools, mine: Held, *, pause_s: float = PAUSE_S) -> bool:
    """Compare every domain once; whether something should be looked at again soon. LeaseLost, BusError."""
    book, notes = make_book(tools.bus), make_notes(tools.bus)
    soon = False
    for domain in tools.zones.domains:
        result = await Survey(tools, book, notes, domain, mine, pause_s).run()
        await _keep(tools, domain, result)
        soon = soon or (isinstance(result, Result) and result.unsure)
    return soon


async def _keep(tools: Tools, domain: str, result: Result | Refused | Unknown) -> None:
    checks = Bucket(tools.bus, "zone-checks", ZoneCheck)
    if isinstance(result, Result):
        check = _check_of(domain, result, tools.clock())
        await checks.put(domain, msgspec.structs.replace(check, repairs=repairs(tools.bus.settings)))
        return
    rule = UNKNOWN if isinstance(result, Unknown) else RULES[result.meaning]
    log.warning("drift.unseen", domain=domain, code=rule.code, detail=result.detail)
    before = await checks.get(domain)
    never = ZoneCheck(domain=domain, zone="", publisher="", records=0, drifted=0, checked_at=0.0)
    await checks.put(domain, msgspec.structs.replace(before.value if before else never, problem=rule.code))


def _check_of(domain: str, result: Result, now: float) -> ZoneCheck:
    return ZoneCheck(
        domain=domain,
        zone=result.zone.name,
        publisher=result.zone.publisher,
        records=result.records,
        drifted=result.drifted,
        checked_at=now,
        used=result.room.used if result.room else None,
        quota=result.room.quota if result.room else None,
    )
