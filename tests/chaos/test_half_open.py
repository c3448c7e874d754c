"""Connections that are dead and do not say so: noticed by silence, the work goes on elsewhere, nothing is doubled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect as connect_socket

from bus.client.connection import Bus, connect
from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Wait
from bus.workers.running import run_worker
from schemas.flows import FLOWS, Step
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.task import Tools, desired_of
from services.dns_publisher.routing.publishers import routed
from tests.chaos.frozen_link import FrozenLink, frozen_link
from tests.contract.bus_operations.conftest import WORKERS, Place, a_place
from tests.contract.bus_operations.toy import FLOW, handlers, request, until
from tests.contract.dnssec_verifier.town import a_town, sandbox_process
from tests.contract.edge.world import Seller, World, eventually, hear, running_edge, running_world, say

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

NOTICED_WITHIN_S = 60.0
"""Twice the bus's ping interval and one more, on a machine that is busy with something else."""


async def test_a_worker_cut_off_is_replaced_and_comes_back(tmp_path: Path) -> None:
    async with a_place(tmp_path, ack_wait_s=2.0, sweep_after_s=5.0) as place:  # noqa: SIM117  the link goes first
        async with frozen_link(place.server.port) as link, _worker_over(place, link) as far:
            others = [name for name in WORKERS if name != "node-manager"]
            await place.start(*others)
            one = request(1)
            place.world.plant("held", "offer", one.op)
            await place.ask(one)
            await until(lambda: place.world.count("asked", "offer", one.op) == 1)
            link.freeze()
            await place.start("node-manager")  # the replica that was there all along
            await until(lambda: place.world.count("asked", "offer", one.op) == 2)
            place.world.cure("offer", one.op)  # now both act, and the one that is cut off cannot know
            op = await place.ended(one)
            assert [fact.name for fact in op.facts] == ["requested", *(step.done for step in FLOW.steps)]
            await until(lambda: far.reconnects > 0, NOTICED_WITHIN_S)
            await far.flush()
            assert await place.op(one) == op
            assert [place.world.count("made", step.name, one.op) for step in FLOW.steps] == [1] * len(FLOW.steps)
            assert await place.dead_letters() == []


async def test_an_edge_cut_off_is_not_ready_until_it_is_back_and_stores_once(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, frozen_link(world.server.port) as link:
        seller = Seller()
        await world.give_node(seller)
        over = msgspec.structs.replace(world.settings, nats_url=f"nats://127.0.0.1:{link.port}")
        async with running_edge(over) as (edge, url):
            far = World(world.server, over, edge, url, world.client, world.workers)
            link.freeze()
            assert await eventually(lambda: _status(far, 503), NOTICED_WITHIN_S)
            claiming = asyncio.create_task(_claimed_at_last(far, seller))
            assert await eventually(lambda: _status(far, 200), NOTICED_WITHIN_S)
            operation = await claiming
            assert edge.bus.reconnects == 1
        stored = [message.subject.rpartition(".")[2] for message in await world.stored("INGRESS", "req.v1.>")]
        assert stored == [operation]


async def test_a_client_that_is_gone_without_a_word_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.web.serving.PING_EVERY_S", 0.5)
    async with running_world(tmp_path) as world:
        seller, port = Seller(), urlsplit(world.url).port
        assert port is not None
        async with frozen_link(port) as link:
            token = seller.signed(world.url + "/v1/ws", "GET").removeprefix("Nostr ")
            async with connect_socket(f"ws://127.0.0.1:{link.port}/v1/ws", ping_interval=None) as socket:
                await say(socket, {"op": "hello", "token": token})
                assert (await hear(socket))["op"] == "ready"
                assert world.edge.hub.owners == 1
                link.freeze()

                async def let_go() -> bool:
                    return world.edge.hub.owners == 0

                assert await eventually(let_go, NOTICED_WITHIN_S)
                socket.transport.abort()


async def test_a_provider_that_falls_silent_costs_a_deadline_and_no_second_record(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    with sandbox_process(tmp_path / "sandbox") as sandbox:
        async with a_town(sandbox, tmp_path) as town, frozen_link(_port_of(sandbox.cloudflare_base_url)) as link:
            url = sandbox.cloudflare_base_url.replace(str(_port_of(sandbox.cloudflare_base_url)), str(link.port))
            settings = msgspec.structs.replace(town.settings, cloudflare_base_url=url, cloudflare_timeout_s=1.0)
            bus = await town.bus("dns-publisher")
            async with routed(settings, bus) as zones, connected(town.settings) as other:
                publish = Publish(Tools(bus, zones))
                step = FLOWS["username.register"].step("publish")
                first = await town.composed("before")
                await _published(publish, first, step)
                link.freeze()  # the SDK keeps its connection, which is dead now
                op = await town.composed("after")
                await _published(publish, op, step)
                zone = (await other.client.zones.list(name=sandbox.domain)).result[0].id
                records = await other.client.dns.records.list(zone_id=zone, name={"exact": desired_of(op).name})
                assert len(records.result) == 1


async def _published(publish: Publish, op: Operation, step: Step) -> None:
    """Act until it is done: within a second even a provider that is well may be silent, on a busy machine."""
    outcome = await publish.act(op, step)
    while isinstance(outcome, Wait):
        await asyncio.sleep(min(outcome.after_s, 0.2))
        outcome = await publish.act(op, step)
    assert isinstance(outcome, Done), outcome


@asynccontextmanager
async def _worker_over(place: Place, link: FrozenLink) -> AsyncIterator[Bus]:
    settings = msgspec.structs.replace(place.settings, nats_url=f"nats://127.0.0.1:{link.port}")
    bus, stopping = await connect(settings, "node-manager"), asyncio.Event()
    working = asyncio.create_task(run_worker(bus, "node-manager", handlers(place.world, "node-manager"), stopping))
    try:
        yield bus
    finally:
        stopping.set()
        await working
        await bus.close()


async def _status(world: World, wanted: int) -> bool:
    return (await world.client.get(world.url + "/readyz")).status_code == wanted


async def _claimed_at_last(world: World, seller: Seller) -> str:
    """What a client does: the same Idempotency-Key again, with a new signature, until it is accepted."""
    while True:
        answer: httpx.Response = await world.claim(seller, "persistent", "persistent")
        if answer.status_code == 202:
            return str(answer.json()["id"])
        assert answer.json()["retryable"] is True, answer.text


def _port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
