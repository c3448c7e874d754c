"""The bus goes away under the edge: 503 with a time to come back, nothing half-done, and all well when it is back."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

from bus.client import connection
from bus.servers.ports import free_ports
from schemas.settings import to_environ
from tests.contract.edge.telling import streaming
from tests.contract.edge.world import Seller, World, code_of, eventually, running_world


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """The edge gives the bus one second instead of twelve, while the block runs and the bus is away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.edge.asking.patience.BUS_S", 1.0)
        yield


async def test_while_the_bus_is_down_everything_is_refused_and_nothing_is_half_done(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        await world.give_node(seller)
        ref = await world.claimed(seller, "before", "before")
        await world.server.kill()
        await _is_not_ready(world)
        assert (await world.client.get(world.url + "/healthz")).status_code == 200
        with impatient():
            down = await asyncio.gather(
                world.claim(seller, "during", "during"),
                world.call(seller, "GET", f"/v1/operations/{ref.op}"),
                world.call(seller, "DELETE", f"/v1/operations/{ref.op}"),
                world.client.get(world.url + "/v1/names/alice@shop.test"),
                world.client.get(world.url + "/v1/sealing-keys"),
            )
        for answer in down:
            assert code_of(answer) == (503, "bus-unavailable")
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["retryable"] is True

        await world.server.restart()
        await _is_ready(world)
        after = await world.claim(seller, "during", "during")
        assert after.status_code == 202
        stored = [request.subject.split(".")[-1] for request in await world.stored("INGRESS", "req.v1.>")]
        assert sorted(stored) == sorted([ref.op, after.json()["id"]]), "each once, and no cancel"
        assert (await world.client.get(world.url + "/v1/names/alice@shop.test")).json()["available"] is True


async def test_a_wait_survives_the_server(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        await world.give_node(seller)
        ref = await world.claimed(seller, "survivor")
        op = await world.advance(await world.open(ref), 1)
        waiting = asyncio.create_task(world.call(seller, "GET", f"/v1/operations/{ref.op}", Prefer="wait=30"))
        await world.server.kill()
        await world.server.restart()
        await world.advance(op)
        answer = await waiting
        assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")


async def test_a_replay_store_that_does_not_answer_lets_nobody_pass(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        await world.give_node(seller)
        topology = await connection.connect(world.settings, "topology")
        await topology.js.delete_stream("KV_replay")
        await topology.close()
        with impatient():
            assert code_of(await world.claim(seller)) == (503, "bus-unavailable")
        assert await world.nothing_stored(seller)


async def test_the_process_serves_and_leaves_when_told(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        [port] = free_ports([0])
        url = f"http://127.0.0.1:{port}"
        settings = msgspec.structs.replace(world.settings, edge_port=port, public_url=url)
        environ = {**os.environ, **to_environ(settings)}
        with (tmp_path / "edge.log").open("wb") as log:
            process = subprocess.Popen([sys.executable, "-m", "services.edge"], env=environ, stderr=log)
        try:
            async with httpx.AsyncClient(timeout=40) as client:

                async def up() -> bool:
                    try:
                        return (await client.get(url + "/readyz")).status_code == 200
                    except httpx.TransportError:
                        return False

                await eventually(up, within_s=60)
                there = replace(world, url=url, client=client)
                async with streaming(there, Seller()) as stream:
                    assert (await stream.take(1))[0].event == "ready"
                    process.send_signal(signal.SIGTERM)
                    assert [heard.data["code"] for heard in await stream.rest()] == ["edge-leaving"]
            assert await asyncio.to_thread(process.wait, 40) == 0
        finally:
            process.kill()
            process.wait()
        events = [msgspec.json.decode(line) for line in (tmp_path / "edge.log").read_bytes().splitlines()]
        assert any(event["event"] == "ready" and event["url"] == url for event in events)
        assert not [event for event in events if event["level"] == "error"]


async def _is_not_ready(world: World) -> None:
    async def down() -> bool:
        answer = await world.client.get(world.url + "/readyz")
        if answer.status_code == 200:
            return False
        assert code_of(answer) == (503, "bus-unavailable")
        return bool(answer.json()["checks"]["bus"] != "ok" and "bus" in answer.json()["detail"])

    await eventually(down)


async def _is_ready(world: World) -> None:
    async def up() -> bool:
        return (await world.client.get(world.url + "/readyz")).status_code == 200

    await eventually(up)


async def test_a_server_killed_in_the_middle_of_many_requests_loses_no_accepted_one(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        await world.give_node(seller)

        async def insist(number: int) -> str:
            """What a client does: the same key again, freshly signed, while the answer says that it may."""
            while True:
                answer = await world.claim(seller, f"name{number}", f"key-{number}")
                if answer.status_code == 202:
                    return str(answer.json()["id"])
                assert answer.json()["retryable"] is True, answer.text

        async def stored() -> list[str]:
            return [request.subject.rpartition(".")[2] for request in await world.stored("INGRESS", "req.v1.>")]

        claims = [asyncio.create_task(insist(number)) for number in range(60)]
        for wanted in (10, 30):

            async def enough(wanted: int = wanted) -> bool:
                return sum(claim.done() for claim in claims) >= wanted

            assert await eventually(enough, 60)
            await world.server.kill()
            await world.server.restart()
        accepted = await asyncio.gather(*claims)
        assert sorted(await stored()) == sorted(accepted), "each that was accepted, once, and nothing else"
