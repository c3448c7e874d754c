"""Putting the service together: the client, the zones and the handler, made here and closed here."""

from typing import Final

from bus.process import Process
from bus.worker import Handlers, run_worker
from schemas.flows import WorkerName
from services.dns_publisher.provider.client import connected
from services.dns_publisher.publish import Publish, Republish
from services.dns_publisher.take_down import TakeDown
from services.dns_publisher.task import Tools
from services.dns_publisher.zones import Zones

NAME: Final[WorkerName] = "dns-publisher"


async def body(process: Process) -> None:
    """Serve until told to stop."""
    settings = process.settings
    async with connected(settings) as provider:
        bus = await process.connect(NAME)
        try:
            tools = Tools(bus, provider, Zones(provider, settings.name_domains), process.clock.now)
            process.ready(domains=settings.name_domains)
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
