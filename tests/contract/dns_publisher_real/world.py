"""A town without a sandbox: a bus, whose names are published on a real primary."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from bus.client.connection import connect
from bus.testing import running_bus
from schemas.world import World
from tests.contract.dns_publisher_real.primary import ZONE, Primary
from tests.contract.dnssec_verifier.town import Town


@asynccontextmanager
async def a_town_at(primary: Primary, folder: Path) -> AsyncIterator[Town]:
    """A fresh bus beside `primary`."""
    settings = {"name_domains": (ZONE,), "dns_zones": (primary.route,), "dns_update_timeout_s": 20.0, "ack_wait_s": 3.0}
    async with running_bus(folder, **settings) as found, AsyncExitStack() as stack:
        edge = await connect(found, "edge")
        stack.push_async_callback(edge.close)
        http = await stack.enter_async_context(httpx.AsyncClient())
        town = Town(_world(), found, edge, http, stack, {"edge": edge})
        yield town
        denied = {identity: bus.denials for identity, bus in town.buses.items() if bus.denials}
        assert not denied


def _world() -> World:
    """Nothing of it is there but the domain."""
    return World(
        pid=0,
        control_url="",
        domain=ZONE,
        scheduler_uri="",
        ca_file="",
        nobody_cert_file="",
        nobody_key_file="",
        network="regtest",
        dns_port=0,
        dns_root_servers=(),
        anchors_file="",
        bind_anchors_file="",
        resolvers=(),
        cloudflare_base_url="",
        cloudflare_token_file="",
    )
