"""Two hundred sockets cut at once and back at once: every sequence once and in order, and the edge stays ready."""

import asyncio
from pathlib import Path

import httpx
import msgspec
import pytest

from bus.client.connection import connect
from bus.servers.ports import free_ports
from bus.testing import running_server
from tests.bench.crowd import owners_of
from tests.bench.memory import resident_mib
from tests.bench.sockets import Readiness, crowd_process, edge_process, tell

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

SOCKETS, OWNERS, EACH = 200, 8, 20
MOST_KIB = 200
"""Memory a socket may take: about four times what it does, and far below what an unbounded queue would."""


async def test_everybody_gets_everything_once_after_everybody_was_cut_off(tmp_path: Path) -> None:
    owners, readiness = owners_of(OWNERS), Readiness()
    async with running_server(tmp_path) as (_, found), httpx.AsyncClient(timeout=30) as client:
        [port] = free_ports([0])
        settings = msgspec.structs.replace(found, edge_port=port, public_url=f"http://127.0.0.1:{port}")
        notifier = await connect(settings, "notifier")
        async with (
            edge_process(settings, tmp_path, client) as edge,
            crowd_process(settings.public_url, OWNERS, SOCKETS) as crowd,
        ):
            watching = asyncio.create_task(readiness.watch(client, settings.public_url))
            before = resident_mib(edge)
            assert (await crowd.says("connect 0"))["broken"] == 0
            hearing = asyncio.create_task(crowd.says(f"expect {EACH}"))
            await tell(notifier, owners, EACH)
            assert _exact(await hearing)
            await crowd.says("drop")
            await tell(notifier, owners, EACH)
            assert _exact(await crowd.says(f"connect {EACH}"))  # from where each was, not from the beginning
            assert (resident_mib(edge) - before) * 1024 / SOCKETS < MOST_KIB
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        await notifier.close()
    assert readiness.took_ms
    assert readiness.refused == 0


def _exact(done: dict[str, float]) -> bool:
    return (done["frames"], done["broken"]) == (SOCKETS * EACH, 0)
