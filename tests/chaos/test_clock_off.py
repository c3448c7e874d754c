"""Clocks two minutes off, one way here and the other there: everybody goes by the bus's, and an operator is told."""

import time
from pathlib import Path

import httpx
import msgspec
import pytest

from bus.client.clock import kept_right, look
from bus.client.connection import connect
from bus.client.mesh_time import MeshTime
from bus.testing import running_server
from schemas.flows import FLOWS
from schemas.settings import Settings
from services.mesh.children import Child
from services.mesh.stack import Stack
from tests.contract.edge.world import Seller, code_of, eventually, running_world
from tests.harness import Mesh

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

OFF_S = 120.0


class ShiftedStack(Stack):
    """The shipped stack, but the first replica of each service is two minutes ahead and the second two behind."""

    def _spawn(self, name: str, module: str, environ: dict[str, str]) -> Child:
        if name == "sandbox":
            return super()._spawn(name, module, environ)
        shift = -OFF_S if name.endswith("-2") else OFF_S
        log = self.data_dir / "logs" / f"{name}.log"
        child = Child(name, "tests.chaos.shifted", environ, log, arguments=(str(shift), module))
        self.children[name] = child
        child.spawn()
        return child


async def test_workers_and_edge_off_lose_and_double_nothing(tmp_path: Path) -> None:
    settings = Settings(ack_wait_s=3, sweep_after_s=5, sandbox_boot_delay_s=0.2, sandbox_resolver_lag_s=0.2)
    async with (
        ShiftedStack(tmp_path, settings, replicas=2, edge_port=0) as stack,
        httpx.AsyncClient(timeout=30) as client,
    ):
        mesh = Mesh(stack, client)
        async with mesh.exits:
            owner = await mesh.owner_with_node()
            for number in range(4):  # enough for both replicas to have had a part in each step
                name = await mesh.name(owner, f"seller{number}")
                assert name["state"] == "succeeded", name
                moved = [fact["fact"] for fact in name["facts"] if fact["fact"] not in FLOWS["username.register"].notes]  # type: ignore[attr-defined]  # JSON
                assert moved == ["requested", *(step.done for step in FLOWS["username.register"].steps)]
        for child in stack.children.values():
            warned = [line for line in child.log_path.read_bytes().splitlines() if b'"clock.skew"' in line]
            assert warned or child.name == "sandbox", f"{child.name} says nothing about its clock"
        bus = await connect(stack.settings(), "topology")
        assert (await bus.js.stream_info("DLQ")).state.messages == 0
        await bus.close()


async def test_a_client_whose_clock_is_off_is_told_the_time(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        await world.give_node(seller)
        body = msgspec.json.encode({"username": "alice"})
        url, path = world.url + "/v1/register-username", "/v1/register-username"
        late = seller.signed(url, "POST", body, at=time.time() - OFF_S)
        answer = await world.call(seller, "POST", path, body, Authorization=late, Idempotency_Key="k")
        assert code_of(answer) == (401, "auth-wrong-time")
        assert answer.json()["retryable"] is True
        told = answer.json()["serverTime"]
        again = seller.signed(url, "POST", body, at=told)
        answer = await world.call(seller, "POST", path, body, Authorization=again, Idempotency_Key="k")
        assert answer.status_code == 202, answer.text


async def test_the_clock_is_the_servers_and_follows_it_through_a_restart(tmp_path: Path) -> None:
    async with running_server(tmp_path) as (server, settings):
        wrong = MeshTime(own=lambda: time.time() - OFF_S)
        bus = await connect(settings, "dns-publisher", clock=wrong)
        assert abs(wrong.now() - (time.time() - OFF_S)) < 5, "before it has looked it can only go by its own"
        async with kept_right(bus):
            assert abs(wrong.now() - time.time()) < 2
            assert wrong.skew_s == pytest.approx(-OFF_S, abs=2)
            wrong.set(0.0, at=time.monotonic())  # as if the machine had slept
            await server.kill()
            await server.start()

            async def right_again() -> bool:
                return abs(wrong.now() - time.time()) < 2

            assert await eventually(right_again, 30)
        await server.kill()
        assert not await look(bus), "a server that is away changes nothing"
        assert abs(wrong.now() - time.time()) < 5
        await bus.close()


async def test_every_worker_may_ask_for_the_time(tmp_path: Path) -> None:
    async with running_server(tmp_path) as (_, settings):
        for identity in ("edge", "node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier"):
            bus = await connect(settings, identity)
            assert await look(bus), identity
            assert bus.denials == []
            await bus.close()
