"""A bus, the workers' connections and owners to tell, for the tests of the notifier."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bus.client import connection, direct
from bus.client.connection import Bus
from bus.operations import ledger, slip
from bus.operations.facts import Operation
from bus.servers.embedded import EmbeddedServer
from bus.testing import running_server
from schemas.flows import FLOWS
from schemas.ids import Owner, op_of, owner_of
from schemas.notifications import History, Notification
from schemas.requests import FLOW_OF, FlowRequest, NodeRegister, UsernameRegister
from schemas.settings import Settings
from services.notifier.service import run_notifier
from tests.contract.edge.world import eventually
from tests.unit.edge.histories import NODE, sample


@dataclass
class Place:
    """A bus, the workers' connections, and owners to tell."""

    server: EmbeddedServer
    settings: Settings
    workers: dict[str, Bus]

    async def begin(self, request: FlowRequest) -> Operation:
        flow = FLOWS[FLOW_OF[type(request)]]
        return await ledger.open_operation(self.workers[flow.first_worker], request)

    async def run(self, op: Operation, pause_s: float = 0) -> Operation:
        """Commit facts to the end, undoing if that is where it stands; up to `pause_s` between two."""
        while not isinstance(where := slip.position(op), slip.Finished):
            await asyncio.sleep(random.uniform(0, pause_s))
            name = where.step.done if isinstance(where, slip.Todo) else str(where.step.undone)
            commit = slip.advance(op, sample(name, op.flow.name))
            answer = await ledger.append(self.workers[where.step.worker], op, commit)
            assert isinstance(answer, ledger.Committed)
            op = answer.op
        return op

    async def told(self, owner: Owner) -> list[Notification]:
        found = await direct.following(self.workers["notifier"], "NOTIFY", f"ntf.{owner}", 0, 1000, None)
        return [msgspec.json.decode(message.data, type=Notification) for message in found]

    async def history(self, owner: Owner) -> list[History]:
        found = await direct.following(self.workers["notifier"], "HISTORY", f"hist.{owner}", 0, 1000, None)
        return [msgspec.json.decode(message.data, type=History) for message in found]

    async def is_told(self, *ops: Operation) -> list[Notification]:
        """Wait until every fact of `ops` (of one owner) is told and the finished are folded; what was told."""
        owner = ops[0].ref.owner
        facts = sum(len(op.facts) for op in ops)

        async def all_of_it() -> bool:
            return len(await self.told(owner)) >= facts and len(await self.history(owner)) >= len(ops)

        await eventually(all_of_it, within_s=40)
        return await self.told(owner)

    @asynccontextmanager
    async def notifier(self) -> AsyncIterator[asyncio.Task[None]]:
        """A notifier in this process, with a connection of its own."""
        bus = await connection.connect(self.settings, "notifier")
        stopping = asyncio.Event()
        task = asyncio.create_task(run_notifier(bus, stopping))
        try:
            yield task
        finally:
            stopping.set()
            await task
            denials = bus.denials
            await bus.close()
            assert denials == []


@asynccontextmanager
async def a_place(folder: Path) -> AsyncIterator[Place]:
    """A bus on which nobody runs yet."""
    async with AsyncExitStack() as stack:
        server, settings = await stack.enter_async_context(
            running_server(folder, ack_wait_s=1.0, sweep_after_s=1.0, network="regtest")
        )
        await _distrust_duplicate_windows(settings)
        workers = {}
        for name in ("node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier"):
            workers[name] = await connection.connect(settings, name)
            stack.push_async_callback(workers[name].close)
        yield Place(server, settings, workers)


async def _distrust_duplicate_windows(settings: Settings) -> None:
    """Message ids are forgotten almost at once: nothing here may rest on them."""
    topology = await connection.connect(settings, "topology")
    for stream in ("NOTIFY", "HISTORY"):
        config = (await topology.js.stream_info(stream)).config
        config.duplicate_window = 0.1
        await topology.js.update_stream(config)
        assert (await topology.js.stream_info(stream)).config.duplicate_window == 0.1
    await topology.close()


def request_of(pubkey: str, key: str, *, node: bool = False) -> FlowRequest:
    owner = owner_of(pubkey)
    if node:
        return NodeRegister(
            op=op_of(owner, key),
            owner=owner,
            pubkey=pubkey,
            body_sha256="aa",
            asked_at="",
            node_id=NODE,
            network="regtest",
        )
    return UsernameRegister(
        op=op_of(owner, key),
        owner=owner,
        pubkey=pubkey,
        body_sha256="aa",
        asked_at="",
        username="alice",
        domain="shop.test",
        node_id=NODE,
    )


def somebody() -> str:
    return secrets.token_hex(32)


def as_it_happened(told: list[Notification], op: Operation) -> bool:
    """Whether exactly the facts of `op` were told, in their order."""
    ours = [notification.id for notification in told if notification.op == op.ref.op]
    return ours == [f"{op.ref.op}:{fact.seq}" for fact in op.facts]


async def drained(place: Place) -> bool:
    """Whether the notifier has nothing left to look at."""
    topology = await connection.connect(place.settings, "topology")
    info = await topology.js.consumer_info("LEDGER", "notifier")
    await topology.close()
    return bool(info.num_pending == 0 and info.num_ack_pending == 0)
