"""Comparing every domain again and again, by one replica at a time; whoever takes over begins with the next round.

What was seen once is looked at again soon, so that its owner need not wait for a whole round to be told.
"""

import asyncio
from contextlib import suppress

import msgspec
import structlog

from bus.errors import BusError
from bus.kv import Bucket
from bus.leases import Held, held
from schemas.records import ZoneCheck
from services.dns_publisher.answers import Refused, Unknown
from services.dns_publisher.drift.expected import make_book
from services.dns_publisher.drift.notes import make_notes, repairs
from services.dns_publisher.drift.survey import LeaseLost, Result, Survey
from services.dns_publisher.setbacks import RULES, UNKNOWN
from services.dns_publisher.task import Tools

LEASE = "dns-drift"
LEASE_S = 30.0
SOON_S = 30.0
"""When what was seen once is looked at again, if a round does not come sooner."""
PAUSE_S = 1.0
"""Between two calls to a provider: of the 1200 that Cloudflare grants in five minutes a quarter at most is ours."""

log = structlog.stdlib.get_logger()


async def watch_drift(tools: Tools, stopping: asyncio.Event, *, pause_s: float = PAUSE_S) -> None:
    """Compare until `stopping`. What goes wrong is logged and tried again: nothing here may end the process.

    Not at once: after an outage there is more urgent work for the provider.
    """
    await _rest(stopping, min(tools.bus.settings.dns_drift_every_s, SOON_S), None)
    while not stopping.is_set():
        try:
            async with held(tools.bus, LEASE, LEASE_S) as mine:
                while mine and not stopping.is_set():
                    soon = await compare_all(tools, mine, pause_s=pause_s)
                    every_s = tools.bus.settings.dns_drift_every_s
                    await _rest(stopping, min(every_s, SOON_S) if soon else every_s, mine)
        except (BusError, LeaseLost) as error:
            log.warning("drift.interrupted", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001  the loop's one top level: the next round begins anew
            log.error("drift.failed", error=type(error).__name__)
        await _rest(stopping, LEASE_S / 3, None)


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


async def _rest(stopping: asyncio.Event, seconds: float, mine: Held | None) -> None:
    """Wait `seconds`, until `stopping`, or until the lease is lost."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left_s := until - loop.time()) > 0 and not stopping.is_set() and (mine is None or mine):
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), min(left_s, 1.0))
