"""A whole mesh for tests: the shipped stack as processes of its own, owners with phones, and the control API."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from schemas.settings import Settings
from services.mesh.device.owner import Owner, Refused
from services.mesh.device.signer import Signer
from services.mesh.stack import Stack

ENDED = frozenset({"refused", "succeeded", "failed", "cancelled", "failed-dirty"})
Json = dict[str, object]


@dataclass
class Mesh:
    """A running stack and an HTTP client for it."""

    stack: Stack
    client: httpx.AsyncClient
    exits: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    def owner(self) -> Owner:
        """Somebody new."""
        return Owner(self.stack.edge_url, self.client)

    async def signer(self, owner: Owner) -> Signer:
        """The owner's signer, attached until the mesh is torn down."""
        signer = await self.exits.enter_async_context(Signer(self.stack.world, owner.mnemonic))
        await signer.wait_attached(30)
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

    async def name(self, owner: Owner, username: str, key: str | None = None) -> Json:
        """Register a name and return the finished operation."""
        return await self.ended(owner, await owner.register_username(username, key or secrets.token_hex(8)))

    async def ended(self, owner: Owner, operation: str, within_s: float = 60) -> Json:
        """The operation once nothing more will happen to it; AssertionError with its state otherwise."""
        return await self.reaches(owner, operation, ENDED, within_s)

    async def reaches(self, owner: Owner, operation: str, states: Iterable[str], within_s: float = 60) -> Json:
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

    async def control(self, path: str, body: Json | None = None) -> Json:
        """One call to the sandbox's control API: GET without a body, POST with one."""
        url = self.stack.world.control_url + path
        answer = await (self.client.get(url) if body is None else self.client.post(url, json=body))
        answer.raise_for_status()
        result: Json = answer.json()
        return result


@contextlib.asynccontextmanager
async def running_mesh(folder: Path, *, replicas: int = 1, settings: Settings | None = None) -> AsyncIterator[Mesh]:
    """The shipped stack in `folder`, on free ports."""
    chosen = settings or Settings(ack_wait_s=3, sweep_after_s=5, sandbox_boot_delay_s=0.2, sandbox_resolver_lag_s=0.2)
    async with Stack(folder, chosen, replicas=replicas, edge_port=0) as stack, httpx.AsyncClient(timeout=30) as client:
        mesh = Mesh(stack, client)
        async with mesh.exits:
            yield mesh
