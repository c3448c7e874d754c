"""Putting the service together: the publishers, the zones and the handlers, made here and closed here."""

from typing import Final

from bus.process import Process
from bus.worker import Handlers, run_worker
from schemas.flows import WorkerName
from services.dns_publisher.publish import Publish, Republish
from services.dns_publisher.publishers import routed
from services.dns_publisher.take_down import TakeDown
from services.dns_publisher.task import Tools

NAME: Final[WorkerName] = "dns-publisher"


async def body(process: Process) -> None:
    """Serve until told to stop."""
    settings = process.settings
    bus = await process.connect(NAME)
    try:
        async with routed(settings, bus) as zones:
            tools = Tools(bus, zones, process.clock.now)
            process.ready(domains=zones.domains)
            await run_worker(bus, NAME, make_handlers(tools), process.stopping)
    finally:
        await bus.close()


def make_handlers(tools: Tools) -> Handlers:
    """What this worker does in the flows."""
    return {
        ("username.register", "publish"): Publish(tools),
        ("username.rotate", "publish"): Republish(tools),
        ("username.release", "withdraw"): TakeDown(tools),
    }
