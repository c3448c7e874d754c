"""A bus, a Greenlight world, replicas of the workers in this process, and owners who seal their words like a client."""

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from bus import ledger, slip, subjects
from bus.connection import Bus, connect
from bus.kv import Bucket
from bus.operation import Operation, OpRef
from bus.sealed import SealingPair, seal
from bus.server import EmbeddedServer
from bus.testing import running_server
from schemas.base import encode, utc_text
from schemas.facts import Failed, Withdrawn
from schemas.flows import FLOWS, FlowName
from schemas.ids import OpId
from schemas.records import BalanceRecord, NameRecord, NodeRecord, NodeView, OfferRecord, SealingKey
from schemas.requests import (
    Network,
    NodeRegister,
    UsernameRegister,
)
from schemas.sealed import SeedAccepted, SeedDelivery, SeedEnvelope, SeedReply
from schemas.settings import Settings
from schemas.world import World
from services.mesh.device.signer import Signer
from services.node_manager.service import serve
from services.offer_builder.service import serve as serve_offers
from services.sandbox.greenlight.world import GreenlightWorld

from .asking import PATIENCE_S, Asking, Person, until

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
class Place(Asking):
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

    async def sealing_key(self, instance: str) -> SealingKey:
        """The announced key of a replica."""
        entry = await Bucket(self.edge, "keys", SealingKey).get(instance)
        assert entry is not None
        return entry.value

    async def box(
        self, person: Person, key: str, instance: str, *, words: str | None = None, pair: SealingPair | None = None
    ) -> SeedDelivery:
        """What a client and the edge make of a mnemonic, for the announced key of `instance` or for `pair`."""
        to = pair or await self.sealing_key(instance)
        public_key = to.public_key_b64 if isinstance(to, SealingPair) else to.public_key
        inside = SeedEnvelope(
            mnemonic=words or person.words,
            owner_pubkey=person.pubkey,
            idempotency_key=key,
            sealed_at=int(time.time()),
        )
        return SeedDelivery(
            op=person.op(key),
            owner=person.owner,
            owner_pubkey=person.pubkey,
            idempotency_key=key,
            kid=to.kid,
            box=seal(public_key, msgspec.json.encode(inside)),
        )

    async def hand_over(self, body: bytes, instance: str) -> SeedReply:
        """A core request on the account without JetStream."""
        reply = await self.sec.nc.request(subjects.seed_open(instance), body, timeout=5)
        answer: SeedReply = msgspec.json.decode(reply.data, type=SeedReply)
        return answer

    async def send_seed(self, person: Person, key: str, instance: str) -> str:
        """Hand the person's words over; the node id."""
        return self.accepted(await self.hand_over(encode(await self.box(person, key, instance)), instance))

    def accepted(self, reply: SeedReply) -> str:
        """The node id of a seed that was taken in."""
        assert isinstance(reply, SeedAccepted), reply
        return reply.node_id

    async def ask_node(self, person: Person, key: str, node_id: str, network: Network = "regtest") -> OpRef:
        """Put `node.register` on INGRESS."""
        request = NodeRegister(
            op=person.op(key),
            owner=person.owner,
            pubkey=person.pubkey,
            body_sha256="00" * 32,
            asked_at=utc_text(time.time()),
            node_id=node_id,
            network=network,
        )
        return await self.ask(request)

    async def ask_name(self, person: Person, key: str, username: str, node_id: str) -> OpRef:
        """Put `username.register` on INGRESS."""
        request = UsernameRegister(
            op=person.op(key),
            owner=person.owner,
            pubkey=person.pubkey,
            body_sha256="00" * 32,
            asked_at=utc_text(time.time()),
            username=username,
            domain="shop.test",
            node_id=node_id,
        )
        return await self.ask(request)

    async def registered(self, person: Person, key: str, instance: str) -> str:
        """A node that is ready; its id."""
        node_id = await self.send_seed(person, key, instance)
        op = await self.ended(await self.ask_node(person, key, node_id))
        assert [fact.name for fact in op.facts][-1] == "ready", op.facts[-1]
        return node_id

    async def names(self, ref: OpRef) -> list[str]:
        """The facts so far."""
        op = await ledger.read(self.edge, ref)
        return [fact.name for fact in op.facts] if op else []

    async def reaches(self, ref: OpRef, fact: str, within_s: float = PATIENCE_S) -> Operation:
        """The operation once `fact` happened; at once, and loudly, if it failed instead."""

        async def there() -> bool:
            names = await self.names(ref)
            assert fact == "failed" or "failed" not in names, (await ledger.read(self.edge, ref)).facts  # type: ignore[union-attr]
            return fact in names

        await until(there, within_s)
        op = await ledger.read(self.edge, ref)
        assert op is not None
        return op

    async def ended(self, ref: OpRef, within_s: float = PATIENCE_S) -> Operation:
        """The operation once nobody has to act any more."""

        async def over() -> bool:
            op = await ledger.read(self.edge, ref)
            return op is not None and isinstance(slip.position(op), slip.Finished)

        await until(over, within_s)
        op = await ledger.read(self.edge, ref)
        assert op is not None
        return op

    async def record(self, person: Person, node_id: str) -> NodeRecord | None:
        """What the bucket says of the person's node, and that the view says the same."""
        bus = await connect(self.settings, "node-manager")
        try:
            key = f"{person.owner}.{node_id}"
            entry = await Bucket(bus, "nodes", NodeRecord).get(key)
            view = await Bucket(self.edge, "node-views", NodeView).get(key)
        finally:
            await bus.close()
        assert (view is None) == (entry is None)
        if entry is None or view is None:
            return None
        assert (view.value.op, view.value.state) == (entry.value.op, entry.value.state)
        return entry.value

    async def balance(self, person: Person, node_id: str) -> BalanceRecord | None:
        """What the bucket says the person's node holds."""
        entry = await Bucket(self.edge, "balances", BalanceRecord).get(f"{person.owner}.{node_id}")
        return entry.value if entry else None

    async def watched(self, person: Person, node_id: str, channel_msat: int) -> BalanceRecord:
        """The balance once it says `channel_msat` and is current."""

        async def said() -> bool:
            found = await self.balance(person, node_id)
            return found is not None and found.current and found.channel_msat == str(channel_msat)

        await until(said)
        found = await self.balance(person, node_id)
        assert found is not None
        return found

    def receive(self, node_id: str, msat: int, lag_s: float = 0) -> None:
        """Let a payment from outside arrive."""
        self.world.receive({"nodeId": node_id, "amountMsat": msat, "lagS": lag_s})

    async def signer(self, person: Person) -> None:
        """Attach the person's signer until the end, with its peer connected."""
        signer = await self.stack.enter_async_context(Signer(self.addresses, person.words))
        await signer.wait_attached(PATIENCE_S)

        async def connected() -> bool:
            return any(node["peerConnected"] for node in self.nodes().values())

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

    async def offer_record(self, person: Person, offer: OpId) -> OfferRecord | None:
        """What the bucket says of the person's offer."""
        entry = await Bucket(self.edge, "offers", OfferRecord).get(f"{person.owner}.{offer}")
        return entry.value if entry else None

    async def name_record(self, username: str) -> NameRecord | None:
        """What the bucket says of `username@shop.test`."""
        entry = await Bucket(self.edge, "names", NameRecord).get(f"{username}=shop.test")
        return entry.value if entry else None

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


def failure(op: Operation) -> Failed:
    """Why the operation failed."""
    found = op.body("failed")
    assert isinstance(found, Failed), [fact.name for fact in op.facts]
    return found


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
