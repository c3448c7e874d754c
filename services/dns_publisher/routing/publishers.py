"""The publishers that the routing table names, made here and closed here; one for each account or primary."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import assert_never

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from schemas.records import DnsLimit, RecordMarks
from schemas.settings import Settings
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.cloudflare.zone import CloudflarePublisher
from services.dns_publisher.provider.limits import Limits
from services.dns_publisher.provider.publisher import Publisher
from services.dns_publisher.rfc2136.journal import Journal
from services.dns_publisher.rfc2136.server import Server
from services.dns_publisher.rfc2136.zone import UpdatePublisher
from services.dns_publisher.routing.routes import AtCloudflare, AtServer, Route, routes_of
from services.dns_publisher.routing.zones import Zones


@asynccontextmanager
async def routed(settings: Settings, bus: Bus) -> AsyncIterator[Zones]:
    """The zones of the configured domains, for as long as the block runs; raises SettingError."""
    routes = routes_of(settings)
    async with AsyncExitStack() as stack:
        made = {route: await _publisher(route, settings, bus, stack) for route in set(routes.values())}
        yield Zones({domain: made[route] for domain, route in routes.items()})


async def _publisher(route: Route, settings: Settings, bus: Bus, stack: AsyncExitStack) -> Publisher:
    match route:
        case AtCloudflare():
            limits = Limits(Bucket(bus, "dns-limits", DnsLimit), bus.clock.now)
            cloudflare = await stack.enter_async_context(connected(settings, limits))
            return CloudflarePublisher(cloudflare, settings.cloudflare_record_limit)
        case AtServer(address, port, _, key):
            server = Server(address, port, key, settings.dns_update_timeout_s)
            return UpdatePublisher(server, Journal(Bucket(bus, "dns-marks", RecordMarks)))
        case _:
            assert_never(route)
