"""A whole mesh for tests: the shipped stack as processes of its own, owners with phones, and the control API."""

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx

from bus.client.connection import Bus, connect
from bus.errors import BusUnavailable
from bus.servers.replicas import behind, leader_of
from schemas.revisions import UNPROVEN
from schemas.settings import Settings
from services.mesh.device.owner import Owner, Refused
from services.mesh.device.signer import Signer
from services.mesh.rolling import roll
from services.mesh.stack import Stack

ENDED = frozenset({"refused", "succeeded", "failed", "cancelled", "failed-dirty"})
Json = dict[str, object]


def newest(bucket: str) -> str:
    """An `X-Revision` that only the leader of `bucket` can meet: what an edge's mirror shows may be a moment behind an
    operation that has ended."""
    return f"{bucket}={UNPROVEN}:1"


@dataclass
class Mesh:
    """A running stack and an HTTP client for it."""

    stack: Stack
    client: httpx.AsyncClient
    exits: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    @property
    def edge_urls(self) -> tuple[str, ...]:
        """Where each edge listens; all of them expect signatures for the first."""
        return self.stack.edge_urls

    def owner(self, edge: int = 0) -> Owner:
        """Somebody new, who asks the edge with this number first and the others when it cannot be reached."""
        urls = self.stack.edge_urls
        return Owner(urls[edge], self.client, canonical=self.stack.edge_url, others=(*urls[edge:], *urls[:edge]))

    async def signer(self, owner: Owner) -> Signer:
        """The owner's signer, attached until the mesh is torn down."""
        signer = await self.exits.enter_async_context(Signer(self.stack.world, owner.mnemonic))
        await signer.wait_attached(60)
        return signer

    async def node(self, owner: Owner) -> Json:
        """Register the owner's node and return the finished operation."""
        return await self.ended(owner, await owner.register_node(secrets.token_hex(8)))

    async def owner_with_node(self) -> Owner:
        """An owner whose node is ready and whose signer is attached."""
        owner = self.owner()
        operation = await self.node(owner)
        assert operation["state"] == "succeeded", operation
        await self.signer(owner)
        return owner

    async def fund(self, owner: Owner, msat: int, *, lag_s: float = 0) -> str:
        """Let so much arrive at the owner's only node from outside, once it is connected to its peer; the node's id."""
        nodes = cast("list[Json]", (await owner.get("/v1/nodes", revision=newest("nodes")))["nodes"])
        node_id = str(nodes[0]["id"])
        async with asyncio.timeout(60):
            while not await self._is_connected(node_id):
                await asyncio.sleep(0.05)
        await self.control("/control/greenlight/receive", {"nodeId": node_id, "amountMsat": msat, "lagS": lag_s})
        return node_id

    async def _is_connected(self, node_id: str) -> bool:
        greenlight = cast("dict[str, dict[str, Json]]", (await self.control("/control/state"))["greenlight"])
        return bool(greenlight["nodes"][node_id]["peerConnected"])

    async def name(self, owner: Owner, username: str, key: str | None = None) -> Json:
        """Register a name and return the finished operation."""
        return await self.ended(owner, await owner.register_username(username, key or secrets.token_hex(8)))

    async def ended(self, owner: Owner, operation: str, within_s: float = 150) -> Json:
        """The operation once nothing more will happen to it; AssertionError with its state otherwise."""
        return await self.reaches(owner, operation, ENDED, within_s)

    async def reaches(self, owner: Owner, operation: str, states: Iterable[str], within_s: float = 150) -> Json:
        """The operation once it is in one of `states`."""
        wanted, deadline = frozenset(states), time.monotonic() + within_s
        seen: Json = {}
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError, Refused):
                seen = await owner.get(f"/v1/operations/{operation}", wait_s=2)
                if seen["state"] in wanted:
                    return seen
            await asyncio.sleep(0.05)
        raise AssertionError(f"not in {sorted(wanted)} after {within_s} s: {seen}")

    # --- breaking things: whatever is killed here is started again by the stack

    def kill(self, name: str) -> None:
        """SIGKILL for one process of `stack.processes`, and its end; KeyError if it does not run now."""
        pid = self.stack.processes[name]
        os.kill(pid, signal.SIGKILL)
        while self.stack.processes.get(name) == pid:
            time.sleep(0.001)

    async def kill_leader(self, stream: str) -> str:
        """SIGKILL for the nats-server that leads `stream`; its name."""
        async with self.bus() as bus:
            name = await leader_of(bus, stream)
        self.kill(name)
        return name

    @contextlib.asynccontextmanager
    async def bus(self, identity: str = "topology") -> AsyncIterator[Bus]:
        """A connection to the mesh's bus as `identity`."""
        bus = await connect(self.stack.settings(), identity)
        try:
            yield bus
        finally:
            await bus.close()

    async def healthy(self, within_s: float = 90) -> None:
        """Return once every process serves and no replica is behind; AssertionError with what is missing."""
        deadline = time.monotonic() + within_s
        while missing := await self._missing():
            assert time.monotonic() < deadline, f"not healthy after {within_s} s: {missing}"
            await asyncio.sleep(0.1)

    async def roll(self) -> list[str]:
        """Restart every part in turn; their names in that order."""
        parts: list[str] = []
        await roll(self.stack, parts.append)
        return parts

    async def _missing(self) -> list[str]:
        stack = self.stack
        down = [name for name in (*stack.servers, *stack.children) if name not in stack.processes]
        down += [name for name, child in stack.children.items() if not child.has_said_ready()]
        if down:
            return sorted(set(down))
        for url in self.edge_urls:
            with contextlib.suppress(httpx.HTTPError):
                if (await self.client.get(url + "/readyz")).is_success:
                    continue
            down.append(url)
        if down:
            return down
        try:
            async with self.bus() as bus:
                return await behind(bus)
        except BusUnavailable as unavailable:
            return [str(unavailable)]

    async def control(self, path: str, body: Json | None = None) -> Json:
        """One call to the sandbox's control API: GET without a body, POST with one."""
        url = self.stack.world.control_url + path
        answer = await (self.client.get(url) if body is None else self.client.post(url, json=body))
        answer.raise_for_status()
        result: Json = answer.json()
        return result


@contextlib.asynccontextmanager
async def running_mesh(
    folder: Path,
    *,
    replicas: int | None = None,
    edges: int | None = None,
    cluster: bool = False,
    settings: Settings | None = None,
) -> AsyncIterator[Mesh]:
    """The shipped stack in `folder`, on free ports."""
    chosen = settings or Settings(ack_wait_s=3, sweep_after_s=5, sandbox_boot_delay_s=0.2, sandbox_resolver_lag_s=0.2)
    stack = Stack(folder, chosen, replicas=replicas, edges=edges, cluster=cluster, edge_port=0)
    async with stack, httpx.AsyncClient(timeout=30) as client:
        mesh = Mesh(stack, client)
        async with mesh.exits:
            yield mesh
