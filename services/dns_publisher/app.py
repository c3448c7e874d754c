"""Putting the service together: the publishers, the zones and the handlers, made here and closed here."""

import asyncio
from typing import Final

from bus import tasks
from bus.process import Process
from bus.workers.running import Handlers, run_worker
from schemas.flows import WorkerName
from services.dns_publisher.drift.tell import Tell
from services.dns_publisher.drift.watch import watch_drift
from services.dns_publisher.handlers.publish import Publish, Republish
from services.dns_publisher.handlers.put_record import PutRecord
from services.dns_publisher.handlers.take_down import TakeDown
from services.dns_publisher.handlers.task import Tools
from services.dns_publisher.routing.publishers import routed
from services.dns_publisher.signing.made import make_signing_handlers, signing
from services.dns_publisher.signing.tools import SigningTools

NAME: Final[WorkerName] = "dns-publisher"


async def body(process: Process) -> None:
    """Serve until told to stop."""
    settings = process.settings
    bus = await process.connect(NAME)
    try:
        async with routed(settings, bus) as zones, signing(settings, bus, process.clock.now) as signed:
            tools = Tools(bus, zones, process.clock.now)
            process.ready(domains=zones.domains)
            watching = asyncio.create_task(watch_drift(tools, process.stopping), name="watch-drift")
            try:
                await run_worker(bus, NAME, make_handlers(tools, signed), process.stopping)
            finally:
                await tasks.end(watching)
    finally:
        await bus.close()


def make_handlers(tools: Tools, signed: SigningTools) -> Handlers:
    """What this worker does in the flows."""
    return {
        **make_signing_handlers(signed),
        ("username.register", "publish"): Publish(tools),
        ("username.rotate", "publish"): Republish(tools),
        ("username.release", "withdraw"): TakeDown(tools),
        ("dns.publish", "publish"): PutRecord(tools),
        ("dns.withdraw", "withdraw"): TakeDown(tools),
        ("record.drift", "tell"): Tell(),
        ("record.heal", "tell"): Tell(),
        ("username.pause", "withdraw"): TakeDown(tools),
    }
