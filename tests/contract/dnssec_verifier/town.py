"""A sandbox process and a bus, and operations brought to the step under test by stating the facts before it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from bus.client.connection import Bus, connect
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from bus.testing import running_bus
from schemas.facts import AnyFact, Changing, Composed, Offered, Published, Removed, Reserved
from schemas.ids import op_of, owner_of
from schemas.requests import UsernameRegister, UsernameRelease, UsernameRotate
from schemas.settings import Settings, to_environ
from schemas.world import World, read_world
from tests.waiting import until

NODE = "02" * 33
URI = "bitcoin:?lno=lno1" + "q" * 400
DEADLINE_S = 60.0


@contextmanager
def sandbox_process(data_dir: Path) -> Iterator[World]:
    """`python -m services.sandbox` with its state in `data_dir`, until the block ends."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MESH_")}
    environ["MESH_DATA_DIR"] = str(data_dir)
    with (data_dir / "sandbox.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "services.sandbox"], env=environ, stderr=log)
        try:
            yield _ready(process, data_dir)
        finally:
            process.terminate()
            process.wait(DEADLINE_S)


def _ready(process: "subprocess.Popen[bytes]", data_dir: Path) -> World:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        world = read_world(str(data_dir))
        if world is not None and world.pid == process.pid:
            return world
        assert process.poll() is None, (data_dir / "sandbox.log").read_text()
        time.sleep(0.05)
    raise AssertionError("the sandbox did not become ready")


def settings_of(world: World, **settings: Any) -> Settings:
    """Settings that reach `world`."""
    fields: dict[str, Any] = {
        "name_domains": (world.domain,),
        "cloudflare_base_url": world.cloudflare_base_url,
        "cloudflare_token_file": world.cloudflare_token_file,
        "dns_port": world.dns_port,
        "dns_root_servers": world.dns_root_servers,
        "dns_anchors_file": world.anchors_file,
        "dns_resolvers": world.resolvers,
        "dns_timeout_s": 10.0,  # silence is only what a test makes
        "poll_fast_s": 0.1,
        "settle_margin_s": 0.0,
        "ack_wait_s": 3.0,
    }
    return Settings(**{**fields, **settings})


@dataclass
class Town:
    """The sandbox's `world`, the bus's `settings` (which reach the world too), and connections to the bus."""

    world: World
    settings: Settings
    edge: Bus
    http: httpx.AsyncClient
    stack: AsyncExitStack
    buses: dict[str, Bus]

    async def bus(self, identity: str) -> Bus:
        """A connection as `identity`, kept until the end."""
        if identity not in self.buses:
            self.buses[identity] = await connect(self.settings, identity)
            self.stack.push_async_callback(self.buses[identity].close)
        return self.buses[identity]

    async def control(self, path: str, **body: Any) -> None:
        """POST a wish to the sandbox."""
        answer = await self.http.post(f"{self.world.control_url}/control/{path}", json=body)
        assert answer.status_code < 300, answer.text

    async def state(self) -> Any:
        """What the sandbox tells of itself."""
        return (await self.http.get(f"{self.world.control_url}/control/state")).json()

    async def composed(self, username: str, uri: str = URI, key: str = "k", ttl_s: int = 300) -> Operation:
        """An operation for `username` whose next step is `publish`."""
        owner = owner_of(os.urandom(32).hex())
        request = UsernameRegister(
            op=op_of(owner, key),
            owner=owner,
            pubkey="00" * 32,
            body_sha256="00" * 32,
            asked_at="2026-01-01T00:00:00.000Z",
            username=username,
            domain=self.world.domain,
            node_id=NODE,
        )
        name, owner_name = f"{username}@{self.world.domain}", f"{username}.user._bitcoin-payment.{self.world.domain}."
        op = await ledger.open_operation(await self.bus("offer-builder"), request)
        op = await self.say("offer-builder", op, Reserved(name=name, revision=1))
        op = await self.say("node-manager", op, Offered(node_id=NODE, offer_id="00" * 32, offer="lno1q", label="x"))
        composed = Composed(name=name, owner_name=owner_name, uri=uri, ttl_s=ttl_s, offer_expires_at=None)
        return await self.say("offer-builder", op, composed)

    async def published(self, username: str, uri: str = URI, *, stored: bool = True, ttl_s: int = 300) -> Operation:
        """An operation whose next step is `prove`; the record stands in DNS if `stored`."""
        op = await self.composed(username, uri, ttl_s=ttl_s)
        composed = op.body("composed")
        assert isinstance(composed, Composed)
        if stored:
            await self.put_txt(username, uri, ttl_s)
        fact = Published(
            owner_name=composed.owner_name,
            zone=f"{self.world.domain}.",
            record_id="r",
            content_sha256="00" * 32,
            ttl_s=ttl_s,
            previous_ttl_s=None,
        )
        return await self.say("dns-publisher", op, fact)

    async def releasing(self, username: str, offer_op: str, uri: str = URI, ttl_s: int = 300) -> Operation:
        """A `username.release` whose next step is `withdraw`; the record was made by operation `offer_op`."""
        owner = owner_of(os.urandom(32).hex())
        request = UsernameRelease(
            op=op_of(owner, "release"),
            owner=owner,
            pubkey="00" * 32,
            body_sha256="00" * 32,
            asked_at="2026-01-01T00:00:00.000Z",
            username=username,
            domain=self.world.domain,
        )
        changing = Changing(
            name=f"{username}@{self.world.domain}",
            owner_name=f"{username}.user._bitcoin-payment.{self.world.domain}.",
            uri=uri,
            ttl_s=ttl_s,
            node_id=NODE,
            offer_op=offer_op,
            revision=1,
        )
        op = await ledger.open_operation(await self.bus("offer-builder"), request)
        return await self.say("offer-builder", op, changing)

    async def rotating(
        self,
        username: str,
        offer_op: str,
        uri: str,
        ttl_s: int = 300,
        *,
        expires: tuple[int | None, int | None] = (None, None),
    ) -> Operation:
        """A `username.rotate` to `uri` whose next step is `publish`; what stands was made by operation `offer_op`.

        `expires`: when (unix seconds) the former and the new offer do.
        """
        owner = owner_of(os.urandom(32).hex())
        request = UsernameRotate(
            op=op_of(owner, "rotate"),
            owner=owner,
            pubkey="00" * 32,
            body_sha256="00" * 32,
            asked_at="2026-01-01T00:00:00.000Z",
            username=username,
            domain=self.world.domain,
            node_id=NODE,
        )
        name, owner_name = f"{username}@{self.world.domain}", f"{username}.user._bitcoin-payment.{self.world.domain}."
        changing = Changing(
            name=name,
            owner_name=owner_name,
            uri=URI,
            ttl_s=ttl_s,
            node_id=NODE,
            offer_op=offer_op,
            revision=1,
            offer_expires_at=expires[0],
        )
        op = await ledger.open_operation(await self.bus("offer-builder"), request)
        op = await self.say("offer-builder", op, changing)
        op = await self.say("node-manager", op, Offered(node_id=NODE, offer_id="00" * 32, offer="lno1q", label="x"))
        composed = Composed(name=name, owner_name=owner_name, uri=uri, ttl_s=ttl_s, offer_expires_at=expires[1])
        return await self.say("offer-builder", op, composed)

    async def removed(self, username: str, ttl_s: int = 300) -> Operation:
        """A `username.release` whose next step is `prove`."""
        op = await self.releasing(username, "x" * 26, ttl_s=ttl_s)
        owner_name = f"{username}.user._bitcoin-payment.{self.world.domain}."
        fact = Removed(owner_name=owner_name, zone=f"{self.world.domain}.", ttl_s=ttl_s)
        return await self.say("dns-publisher", op, fact)

    async def put_txt(self, username: str, uri: str, ttl_s: int = 300) -> None:
        """A TXT record straight into the zone, past the API."""
        content = " ".join(f'"{uri[at : at + 255]}"' for at in range(0, len(uri), 255))
        name = f"{username}.user._bitcoin-payment.{self.world.domain}"
        await self.control("dns/records", add=[{"name": name, "type": "TXT", "content": content, "ttl": ttl_s}])

    async def say(self, identity: str, op: Operation, fact: AnyFact) -> Operation:
        """Commit `fact` as the worker `identity`."""
        answer = await ledger.append(await self.bus(identity), op, slip.advance(op, fact))
        assert isinstance(answer, ledger.Committed), answer
        return answer.op

    async def read(self, ref: OpRef) -> Operation:
        """The operation as it stands."""
        op = await ledger.read(self.edge, ref)
        assert op is not None
        return op

    async def reaches(self, ref: OpRef, *facts: str) -> Operation:
        """The operation once it has one of `facts`."""

        async def there() -> bool:
            op = await self.read(ref)
            return any(op.has(fact) for fact in facts)

        await until(there)
        return await self.read(ref)

    @asynccontextmanager
    async def service(self, module: str) -> AsyncIterator["asyncio.subprocess.Process"]:
        """`python -m services.<module>` once it said that it is ready; asked to stop at the end."""
        environ = {key: value for key, value in os.environ.items() if not key.startswith("MESH_")}
        environ |= to_environ(self.settings)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{module}", env=environ, stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        lines: list[bytes] = []
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not any(b'"ready"' in line for line in lines):
                    line = await process.stderr.readline()
                    assert line, b"".join(lines)
                    lines.append(line)
            draining = asyncio.create_task(process.stderr.read())
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
        assert await process.wait() in (0, -signal.SIGKILL), await draining


@asynccontextmanager
async def a_town(world: World, folder: Path, **settings: Any) -> AsyncIterator[Town]:
    """A fresh bus beside the sandbox, which forgets its faults first."""
    wanted = settings_of(world, **settings)
    async with running_bus(folder, ack_wait_s=wanted.ack_wait_s) as found, AsyncExitStack() as stack:
        whole = msgspec.structs.replace(wanted, nats_url=found.nats_url, nats_keys_dir=found.nats_keys_dir)
        edge = await connect(whole, "edge")
        stack.push_async_callback(edge.close)
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
        town = Town(world, whole, edge, http, stack, {"edge": edge})
        await town.control("reset-faults")
        yield town
        denied = {identity: bus.denials for identity, bus in town.buses.items() if bus.denials}
        assert not denied
