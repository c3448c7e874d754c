"""One node's life: stopped, booting, running at an address that changes with every start, stopped again."""

import asyncio
import time
from collections.abc import Coroutine

import grpc.aio
import msgspec

from proto.greenlight_pb2_grpc import add_NodeServicer_to_server
from services.sandbox.greenlight.inside import Inside, Surroundings
from services.sandbox.greenlight.node_service import SignerService, cln_handlers
from services.sandbox.greenlight.wire import listen, new_server

_GRACE_S = 0.2


class SandboxNode:
    """A registered node. Starting is shared: whoever asks while it boots waits for the same boot.

    `uri` is where it listens, and `line` the way there that can be cut, if there is one; both empty while it is down.
    """

    def __init__(self, node_id: str, around: Surroundings) -> None:
        self.inside = Inside(node_id, around, self._stop_soon)
        self.uri = self.line = ""
        self._port = 0
        self._around = around
        self._up = asyncio.Event()
        self._server: grpc.aio.Server | None = None
        self._boot: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_call = 0.0

    async def start(self) -> str:
        """The way to the node, once it runs; it is started again if it stops before anybody could be told."""
        while not self._up.is_set():
            if self._boot is None or self._boot.done():
                self._boot = asyncio.create_task(self._boot_up())
            await asyncio.shield(self._boot)
        return self.line

    async def running(self) -> str:
        """The node's address as soon as somebody has started it; starts nothing."""
        while not self._up.is_set():
            await self._up.wait()  # it may be over again by the time that we hear of it
        return self.uri

    async def stop(self) -> None:
        """Shut down; signers and callers are cut off."""
        self._up.clear()
        self.uri = self.line = ""
        self._around.wires.remove(self._port)
        self.inside.frozen = False
        server, self._server = self._server, None
        self.inside.halt()
        if server is not None:
            await server.stop(_GRACE_S)

    async def close(self) -> None:
        """Shut down for good, whatever is under way."""
        under_way = [task for task in (self._boot, *self._tasks) if task is not None]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self.stop()

    async def _boot_up(self) -> None:
        await asyncio.sleep(self._around.boot_delay_s())
        node_id = self.inside.node_id
        authority = self._around.store.authority(node_id)
        server = new_server()
        server.add_generic_rpc_handlers((cln_handlers(self.inside, self._called),))
        add_NodeServicer_to_server(SignerService(self.inside), server)
        # Only this user's own authority is trusted: other users' devices and nobody fail in the handshake.
        identity = authority.identity(f"GL node {node_id[:40]}", ("localhost",))
        self._port = listen(server, identity, authority.pem)
        await server.start()
        way = await self._around.wires.before(self._port)
        self._server = server
        record = self.inside.record
        self.inside.save(msgspec.structs.replace(record, sessions=record.sessions + 1))
        self.uri, self.line = f"https://127.0.0.1:{self._port}", f"https://127.0.0.1:{way}"
        self._called()
        self._up.set()
        self._spawn(self._stop_when_idle(server))

    def _called(self) -> None:
        self._last_call = time.monotonic()

    def _stop_soon(self) -> None:
        self._spawn(self.stop())

    async def _stop_when_idle(self, server: grpc.aio.Server) -> None:
        """Preemption: calls keep a node alive, an attached signer does not."""
        while self._server is server:
            limit = self._around.idle_after_s()
            idle = time.monotonic() - self._last_call
            if limit is not None and idle >= limit:
                await self.stop()
                return
            await asyncio.sleep(1.0 if limit is None else min(1.0, limit - idle))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
