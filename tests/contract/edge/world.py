"""A real edge on a real bus: uvicorn, nats-server with keys and permissions, toy workers that write facts."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
from coincurve import PrivateKey
from websockets.asyncio.client import ClientConnection, connect

from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from bus.client import connection, direct
from bus.client.connection import Bus
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from bus.servers.embedded import EmbeddedServer
from bus.servers.ports import free_ports
from bus.tables import subjects
from bus.testing import running_server
from schemas.base import encode
from schemas.facts import AnyFact
from schemas.flows import FLOWS
from schemas.ids import OpId, Owner, op_of, owner_of
from schemas.nip98 import sign
from schemas.nodes import NodeState
from schemas.records import BalanceRecord, NodeView, Outgoing, Purse
from schemas.requests import AnyRequest, NodeRegister, UsernameRegister
from schemas.settings import Settings
from services.edge.app import make_app
from services.edge.context import Edge, make_edge
from services.edge.web.serving import serve
from tests.unit.edge.histories import NODE, sample

T = TypeVar("T")
Json = dict[str, object]
SOME_OP = OpId("q" * 26)


@dataclass
class Seller:
    """Somebody with a Nostr key."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def pubkey(self) -> str:
        return PrivateKey(self.key).public_key_xonly.format().hex()

    @property
    def owner(self) -> Owner:
        return owner_of(self.pubkey)

    def signed(self, url: str, method: str, body: bytes = b"", *, at: float | None = None) -> str:
        created_at = int(time.time() if at is None else at)
        return sign(self.key, url=url, method=method, body=body, created_at=created_at, nonce=secrets.token_hex(8))


@dataclass
class World:
    """The edge under test at `url`, its server, and workers' connections to write facts with."""

    server: EmbeddedServer
    settings: Settings
    edge: Edge
    url: str
    client: httpx.AsyncClient
    workers: dict[str, Bus]

    # --- as a client

    async def call(
        self, seller: Seller | None, method: str, path: str, body: Json | bytes | None = None, **headers: str
    ) -> httpx.Response:
        """A signed call; underscores in header names become hyphens."""
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if content:
            sent.setdefault("Content-Type", "application/json")
        if seller is not None:
            sent.setdefault("Authorization", seller.signed(self.url + path, method, content))
        return await self.client.request(method, self.url + path, content=content, headers=sent)

    async def claim(self, seller: Seller, username: str = "alice", key: str = "k", **more: str) -> httpx.Response:
        """POST /v1/register-username."""
        return await self.call(
            seller, "POST", "/v1/register-username", {"username": username}, Idempotency_Key=key, **more
        )

    async def claimed(self, seller: Seller, username: str = "alice", key: str = "k") -> OpRef:
        """A claim that was accepted."""
        answer = await self.claim(seller, username, key)
        assert answer.status_code == 202, answer.text
        return OpRef(seller.owner, op_of(seller.owner, key))

    async def asked_for_node(self, seller: Seller, node_id: str = NODE, key: str = "k") -> OpRef:
        """A node registration that stands in INGRESS, as POST /v1/nodes would leave it."""
        ref = OpRef(seller.owner, op_of(seller.owner, key))
        request = NodeRegister(
            op=ref.op,
            owner=ref.owner,
            pubkey=seller.pubkey,
            body_sha256="bb" * 32,
            asked_at="2026-01-01T00:00:00Z",
            node_id=node_id,
            network="regtest",
        )
        await publish(self.edge.bus, subjects.request("node", "register", ref.op), encode(request), expect_last=0)
        return ref

    @asynccontextmanager
    async def socket(self, seller: Seller, last_seq: int = 0) -> AsyncIterator[ClientConnection]:
        """A socket that has said hello."""
        token = seller.signed(self.url + "/v1/ws", "GET").removeprefix("Nostr ")
        async with connect(self.url.replace("http", "ws", 1) + "/v1/ws") as socket:
            await say(socket, {"op": "hello", "token": token, "lastSeq": last_seq})
            yield socket

    # --- as the workers

    async def give_node(self, seller: Seller, node_id: str = NODE, state: NodeState = "rpc", op: OpId = SOME_OP) -> int:
        """The seller has a registered node, in this state; the revision that says so."""
        nodes = Bucket(self.workers["node-manager"], "node-views", NodeView)
        since = "2026-01-01T00:00:00.000Z"
        view = NodeView(node_id=node_id, owner=seller.owner, op=op, network="regtest", state=state, since=since)
        return await nodes.put(f"{seller.owner}.{node_id}", view)

    async def give_balance(self, seller: Seller, channel_msat: int, node_id: str = NODE, **more: object) -> int:
        """The seller's node has this much in its channels, half of it to spend; the revision that says so."""
        balances = Bucket(self.workers["node-manager"], "balances", BalanceRecord)
        record = BalanceRecord(
            node_id=node_id,
            owner=seller.owner,
            channel_msat=str(channel_msat),
            spendable_msat=str(channel_msat // 2),
            receivable_msat="7",
            pending_msat="0",
            confirmed_msat="1000",
            unconfirmed_msat="0",
            as_of="2026-01-01T00:00:00.000Z",
            current=True,
            running=True,
        )
        return await balances.put(f"{seller.owner}.{node_id}", msgspec.structs.replace(record, **more))

    async def give_purse(self, seller: Seller, *outgoing: Outgoing) -> int:
        """The seller has these payments that are not over; the revision that says so."""
        return await Bucket(self.workers["node-manager"], "purses", Purse).put(seller.owner, Purse(outgoing=outgoing))

    async def take_node(self, seller: Seller, node_id: str = NODE) -> bool:
        """The seller's node is gone."""
        return await Bucket(self.workers["node-manager"], "node-views", NodeView).delete(f"{seller.owner}.{node_id}")

    async def open(self, ref: OpRef) -> Operation:
        """The worker that takes requests opens what stands in INGRESS."""
        found = await direct.following(self.edge.bus, "INGRESS", f"req.v1.*.register.{ref.op}", 0, 1, None)
        request = msgspec.json.decode(found[0].data, type=AnyRequest)
        assert isinstance(request, NodeRegister | UsernameRegister)
        flow = FLOWS["node.register" if isinstance(request, NodeRegister) else "username.register"]
        return await ledger.open_operation(self.workers[flow.first_worker], request)

    async def commit(self, op: Operation, fact: AnyFact) -> Operation:
        """The worker whose step it is commits `fact`."""
        where = slip.position(op)
        assert isinstance(where, slip.Todo | slip.Undo)
        answer = await ledger.append(self.workers[where.step.worker], op, slip.advance(op, fact))
        assert isinstance(answer, ledger.Committed)
        return answer.op

    async def advance(self, op: Operation, steps: int | None = None) -> Operation:
        """Commit the next `steps` facts (None: to the end)."""
        while steps != 0 and isinstance(where := slip.position(op), slip.Todo):
            op = await self.commit(op, sample(where.step.done, op.flow.name))
            steps = None if steps is None else steps - 1
        return op

    async def stored(self, stream: str, pattern: str) -> list[direct.Stored]:
        """Everything `stream` holds under `pattern`."""
        return await direct.following(self.edge.bus, stream, pattern, 0, 1000, None)

    async def nothing_stored(self, seller: Seller) -> bool:
        """Whether no request and no fact of this seller exists."""
        requests = await self.stored("INGRESS", "req.v1.>")
        ours = [request for request in requests if seller.pubkey.encode() in request.data]
        return not ours and not await self.stored("LEDGER", f"saga.{seller.owner}.>")


@asynccontextmanager
async def running_world(folder: Path, **settings: object) -> AsyncIterator[World]:
    """An edge with its own bus under `folder`."""
    async with AsyncExitStack() as stack:
        server, found = await stack.enter_async_context(running_server(folder, name_domains=("shop.test",), **settings))
        found = msgspec.structs.replace(found, network="regtest")
        edge, url = await stack.enter_async_context(running_edge(found))
        workers: dict[str, Bus] = {}
        for name in ("node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier"):
            workers[name] = await connection.connect(found, name)
            stack.push_async_callback(workers[name].close)
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=40))
        yield World(server, found, edge, url, client, workers)


@asynccontextmanager
async def running_edge(settings: Settings) -> AsyncIterator[tuple[Edge, str]]:
    """An edge whose public URL is where it listens."""
    bus, sec = await connection.connect(settings, "edge"), await connection.connect(settings, "sec-edge")
    [port] = free_ports([0])
    url = f"http://127.0.0.1:{port}"
    stopping, up = asyncio.Event(), asyncio.Event()
    edge = make_edge(msgspec.structs.replace(settings, public_url=url), bus, sec, stopping)
    await edge.start()
    serving = asyncio.create_task(serve(make_app(edge), "127.0.0.1", port, stopping, lambda _: up.set()))
    try:
        await asyncio.wait([serving, asyncio.create_task(up.wait())], return_when=asyncio.FIRST_COMPLETED)
        assert up.is_set(), serving.exception()
        mirrors = (edge.names, edge.nodes, edge.balances, edge.purses, edge.offers)
        await eventually(lambda: _true(not any(mirror.suspect for mirror in mirrors)))
        yield edge, url
    finally:
        stopping.set()
        await serving
        await edge.stop()
        await sec.close()
        await bus.close()


async def _true(value: bool) -> bool:
    return value


async def eventually(look: Callable[[], Awaitable[T]], within_s: float = 60) -> T:
    """The first true answer of `look`; fails after `within_s` seconds."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        if answer := await look():
            return answer
        assert asyncio.get_running_loop().time() < deadline, "it never came true"
        await asyncio.sleep(0.02)


async def shown(mirror: Mirror[T], revision: int) -> str:
    """Once `mirror` shows `revision` and is trusted: what a caller demands who has seen it, its epoch proven."""
    assert await mirror.wait_for(revision, 30)
    await eventually(lambda: _true(not mirror.suspect))
    return f"{mirror.bucket.name}={mirror.epoch}:{revision}"


async def say(socket: ClientConnection, frame: Json) -> None:
    """Send one frame."""
    await socket.send(msgspec.json.encode(frame).decode())


async def hear(socket: ClientConnection, within_s: float = 60) -> Json:
    """The next frame but pings."""
    async with asyncio.timeout(within_s):
        while True:
            frame = msgspec.json.decode(await socket.recv(), type=Json)
            if frame["op"] != "ping":
                return frame


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and problem code of a refusal, which must be a whole problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert {"type", "title", "status", "detail", "code", "retryable", "traceId"} <= document.keys()
    assert document["status"] == answer.status_code
    assert document["traceId"] == answer.headers["x-trace-id"]
    return answer.status_code, document["code"]
