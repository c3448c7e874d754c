"""A bus, a Greenlight world, replicas of the workers in this process, and owners who seal their words like a client."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import Bus, connect
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.servers.embedded import EmbeddedServer
from bus.testing import running_server
from schemas.facts import Withdrawn
from schemas.flows import FLOWS, FlowName
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.records import NodeRecord
from schemas.settings import Settings
from schemas.world import World
from services.mesh.device.signer import Signer
from services.node_manager.service import serve
from services.offer_builder.service import serve as serve_offers
from services.sandbox.greenlight.world import GreenlightWorld
from tests.waiting import until

from .asking import PATIENCE_S, Person
from .handing_over import HandingOver

ABOUT = "abandon " * 11 + "about"


@dataclass
class Replica:
    """One worker in this process."""

    instance: str
    stopping: asyncio.Event
    task: "asyncio.Task[None]"

    async def stop(self) -> None:
        """End it as a restart would: what it held in memory is gone."""
        self.stopping.set()
        await self.task


@dataclass
class Place(HandingOver):
    """Everything a test needs."""

    folder: Path
    server: EmbeddedServer
    settings: Settings
    world: GreenlightWorld
    addresses: World
    edge: Bus
    sec: Bus
    stack: AsyncExitStack

    async def replica(self, instance: str = "", settings: Settings | None = None) -> Replica:
        """A node-manager, once it takes boxes."""
        wanted = msgspec.structs.replace(settings or self.settings, instance=instance)
        stopping, up = asyncio.Event(), asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(wanted, stopping, up.set_result, lambda: None))
        await asyncio.wait([task, up], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_S)
        if task.done():
            up.cancel()
            task.result()
        replica = Replica(await up, stopping, task)
        self.stack.push_async_callback(replica.stop)
        return replica

    async def offer_builder(self) -> None:
        """An offer-builder, until the end."""
        stopping, up = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(serve_offers(self.settings, stopping, up.set, lambda: None))
        replica = Replica("", stopping, task)
        self.stack.push_async_callback(replica.stop)
        await asyncio.wait_for(up.wait(), PATIENCE_S)

    async def registered(self, person: Person, key: str, instance: str) -> str:
        """A node that is ready; its id."""
        node_id = await self.send_seed(person, key, instance)
        op = await self.ended(await self.ask_node(person, key, node_id))
        assert [fact.name for fact in op.facts][-1] == "ready", op.facts[-1]
        return node_id

    async def record(self, person: Person, node_id: str) -> NodeRecord | None:
        """What the bucket says of the person's node, and that the view says the same."""
        bus = await connect(self.settings, "node-manager")
        records, key = Bucket(bus, "nodes", NodeRecord), f"{person.owner}.{node_id}"
        found: list[NodeRecord | None] = []

        async def agree() -> bool:
            entry, view = await records.get(key), await self.view(person, node_id)
            found.append(entry.value if entry else None)
            if entry is None or view is None:
                return entry is None and view is None
            return (view.op, view.state) == (entry.value.op, entry.value.state)

        try:
            await until(agree)  # the view follows the record, which others may be changing
        finally:
            await bus.close()
        return found[-1]

    def receive(self, node_id: str, msat: int, lag_s: float = 0) -> None:
        """Let a payment from outside arrive."""
        self.world.receive({"nodeId": node_id, "amountMsat": msat, "lagS": lag_s})

    async def signer(self, person: Person) -> None:
        """Attach the person's signer until the end, with the peer of their node connected."""
        signer = await self.stack.enter_async_context(Signer(self.addresses, person.words))
        await signer.wait_attached(PATIENCE_S)
        node_id = NodeKeys.from_secret(secret_from_mnemonic(person.words), "regtest").node_id.hex()

        async def connected() -> bool:
            return bool(self.nodes()[node_id]["peerConnected"])

        await until(connected)

    def nodes(self) -> dict[str, dict[str, object]]:
        """The world's nodes by id."""
        found = self.world.state()["nodes"]
        assert isinstance(found, dict)
        return found

    def offers(self, node_id: str) -> list[dict[str, object]]:
        """The node's rows of offers."""
        rows = self.nodes()[node_id]["offers"]
        assert isinstance(rows, list)
        return rows

    def devices(self, node_id: str) -> list[dict[str, object]]:
        """The node's device certificates."""
        rows = self.nodes()[node_id]["devices"]
        assert isinstance(rows, list)
        return rows

    async def withdrawn_by_dns_publisher(self, ref: OpRef) -> None:
        """Append what dns-publisher would, had there been nothing to withdraw."""
        bus = await connect(self.settings, "dns-publisher")
        try:
            op = await ledger.read(bus, ref)
            assert op is not None
            answer = await ledger.append(bus, op, slip.advance(op, Withdrawn(owner_name="none")))
            assert isinstance(answer, ledger.Committed)
        finally:
            await bus.close()

    async def more_calls(self, method: str, than: int) -> bool:
        """Whether the world was asked again."""
        return self.calls(method) > than

    def calls(self, method: str) -> int:
        """How often the world was asked."""
        counts = self.world.state()["calls"]
        assert isinstance(counts, dict)
        return int(counts.get(method, 0))


def shorten(monkeypatch: pytest.MonkeyPatch, flow: FlowName, **timeouts: float) -> None:
    """Give steps of `flow` less time for the rest of the test."""
    steps = tuple(
        msgspec.structs.replace(step, timeout_s=timeouts.get(step.name, step.timeout_s)) for step in FLOWS[flow].steps
    )
    assert {step.name for step in steps} >= set(timeouts)
    monkeypatch.setitem(FLOWS, flow, msgspec.structs.replace(FLOWS[flow], steps=steps))


def another_key(place: Place) -> Settings:
    """The place's settings with a credentials key that is not the one in use."""
    file = place.folder / "other.key"
    file.write_bytes(base64.b64encode(os.urandom(32)))
    return msgspec.structs.replace(place.settings, credentials_key_file=str(file))


@asynccontextmanager
async def a_place(folder: Path, **settings: object) -> AsyncIterator[Place]:
    """A bus and a world with nobody on them yet; at the end nothing was denied and no secret reached a store."""
    world = GreenlightWorld(folder / "greenlight", boot_delay_s=0.05, network="regtest")
    addresses = await world.start()
    key_file = folder / "credentials.key"
    key_file.write_bytes(base64.b64encode(os.urandom(32)))
    wanted: dict[str, object] = {
        "network": "regtest",
        "name_domains": ("shop.test",),
        "gl_scheduler_uri": addresses.scheduler_uri,
        "gl_ca": str(addresses.ca_file),
        "gl_nobody_cert": str(addresses.nobody_cert_file),
        "gl_nobody_key": str(addresses.nobody_key_file),
        "credentials_key_file": str(key_file),
        "node_call_timeout_s": 3.0,
        "ack_wait_s": 3.0,
        **settings,
    }
    try:
        async with AsyncExitStack() as stack:
            server, found = await stack.enter_async_context(running_server(folder, **wanted))
            edge, sec = await connect(found, "edge"), await connect(found, "sec-edge")
            stack.push_async_callback(edge.close)
            stack.push_async_callback(sec.close)
            inner = await stack.enter_async_context(AsyncExitStack())
            yield Place(folder, server, found, world, _as_world(folder, found), edge, sec, inner)
            assert not [*edge.denials, *sec.denials]
    finally:
        await world.stop()


def _as_world(folder: Path, settings: Settings) -> World:
    return World(
        pid=0,
        control_url="",
        domain="shop.test",
        scheduler_uri=settings.gl_scheduler_uri,
        ca_file=settings.gl_ca,
        nobody_cert_file=settings.gl_nobody_cert,
        nobody_key_file=settings.gl_nobody_key,
        network="regtest",
        dns_port=0,
        dns_root_servers=(),
        anchors_file="",
        bind_anchors_file="",
        resolvers=(),
        cloudflare_base_url="",
        cloudflare_token_file="",
    )


def traces(folder: Path, needles: Iterable[bytes]) -> list[tuple[str, bytes]]:
    """Files under `folder` in which any of `needles` stands."""
    wanted = tuple(needles)
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            found += [(str(file.relative_to(folder)), needle) for needle in wanted if needle in content]
    return found
