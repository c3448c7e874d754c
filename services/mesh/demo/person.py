"""Somebody in the demo: a phone that hears everything its owner is told, a node, and the signer that stays with it."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType

import httpx

from schemas.frames import Msg
from services.mesh.demo.inbox import Inbox
from services.mesh.demo.money import Msat, sats
from services.mesh.demo.progress import Progress
from services.mesh.demo.streams import Stream
from services.mesh.device.owner import Owner, Refused
from services.mesh.device.signer import Signer
from services.mesh.running import Running

NODE_S, SIGNER_S, BALANCE_S = 60.0, 30.0, 30.0
_SEED_LOST = "node.register.seed-lost"
_LOOK_AGAIN_S = 0.1


class Person:
    """`who` is what the commentary calls them. Listens while the context is open; `node_id` is set by `get_node`."""

    def __init__(self, who: str, mesh: Running, client: httpx.AsyncClient, progress: Progress) -> None:
        self.who, self.node_id = who, ""
        self.owner = Owner(mesh.edge_url, client, others=mesh.edge_urls)
        self._mesh, self._client, self._progress = mesh, client, progress
        authorization = self.owner.authorization("GET", mesh.edge_url + "/v1/ws")
        self.inbox = Inbox(mesh.edge_url.replace("http", "ws", 1) + "/v1/ws", authorization, self._narrate)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> "Person":
        self.say(f"a new owner: {self.owner.pubkey[:16]}…")
        await self._open.enter_async_context(self.inbox)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def stream(self) -> Stream:
        """What they have been told so far."""
        return Stream(self.who, tuple(self.inbox.messages), self.inbox.is_gapless)

    def say(self, text: str) -> None:
        """One line of commentary about them."""
        self._progress.say(f"{self.who}: {text}")

    async def get_node(self) -> None:
        """Register a node and attach its signer, which stays. Raises Refused, TimeoutError."""
        key = secrets.token_hex(16)
        await self._send_seed(key)
        self.say("mnemonic sealed on the device and sent; node registration accepted")
        ended = await self.inbox.wait_for("node.register.ready", "node.register.failed", _SEED_LOST, within_s=NODE_S)
        if ended.type == _SEED_LOST:
            await self._send_seed(key)
            ended = await self.inbox.wait_for("node.register.ready", "node.register.failed", within_s=NODE_S)
        raise_if_failed(ended)
        self.node_id = str(ended.data["nodeId"])
        signer = await self._open.enter_async_context(Signer(self._mesh.world, self.owner.mnemonic))
        await signer.wait_attached(SIGNER_S)
        self.say("the device's signer is attached to the node")

    async def receive_from_outside(self, msat: int) -> None:
        """Let a payment from outside the sandbox arrive, once the node is connected. Raises TimeoutError."""
        url = f"{self._mesh.world.control_url}/control/greenlight/receive"
        body = {"nodeId": self.node_id, "amountMsat": msat, "lagS": 0}
        async with asyncio.timeout(SIGNER_S):
            while True:
                answer = await self._client.post(url, json=body)
                if answer.is_success:
                    break
                await asyncio.sleep(_LOOK_AGAIN_S)  # until its peer is connected it can receive nothing
        self.say(f"{sats(msat)} arrive from outside")

    async def balance(self, until: Callable[[Msat], bool]) -> Msat:
        """What the node has in its channels, once `until` holds of it; what it says in the end if that never does."""
        seen = -1
        try:
            async with asyncio.timeout(BALANCE_S):
                while seen < 0 or not until(seen):
                    seen = await self._balance(seen)
        except TimeoutError:
            if seen < 0:
                raise
        return seen

    async def _balance(self, before: Msat) -> Msat:
        try:
            shown = await self.owner.get(f"/v1/nodes/{self.node_id}/balance")
        except Refused as refusal:
            if refusal.code not in ("balance-unknown", "node-unknown"):
                raise
            shown = {"channelMsat": before}  # nobody has read it yet
        await asyncio.sleep(_LOOK_AGAIN_S)
        return int(str(shown["channelMsat"]))

    async def _send_seed(self, key: str) -> None:
        """Send it, again while the answer is that trying again can help (a node-manager was restarted, say)."""
        for pause_s in (0.5, 1.0, 2.0, 4.0):
            try:
                await self.owner.register_node(key)
                return
            except Refused as refusal:
                if not refusal.retryable:
                    raise
                self.say(f"{refusal.code}: trying again in {pause_s:g} s")
                await asyncio.sleep(pause_s)
        await self.owner.register_node(key)

    def _narrate(self, frame: Msg) -> None:
        self._progress.say(f"{self.who} ▸ {frame.type}{_about(frame)}")


def raise_if_failed(frame: Msg) -> None:
    """Raises Refused for the end of an operation that failed."""
    if frame.type.endswith(".failed"):
        raise Refused(409, frame.code or "internal", str(frame.data.get("detail", "")), retryable=False)


def _about(frame: Msg) -> str:
    if amount := frame.data.get("amountMsat"):
        return f"   {sats(int(str(amount)))}"
    for key in ("name", "ownerName", "verdict", "code", "nodeId"):
        if value := frame.data.get(key):
            text = str(value)
            return f"   {text if len(text) <= 48 else text[:40] + '…'}"
    return f"   {frame.code}" if frame.code else ""
