"""The story of the demo: listen, register a node, attach its signer, claim a name, look at it from outside."""

import asyncio
import secrets
import time
from urllib.parse import quote

import httpx
import msgspec

from schemas.frames import Msg
from services.mesh.demo.facts import NameResult, Seen
from services.mesh.demo.inbox import Inbox
from services.mesh.demo.progress import Progress
from services.mesh.device.owner import Owner, Refused
from services.mesh.device.signer import Signer
from services.mesh.running import Running

NODE_S, SIGNER_S, NAME_S = 60.0, 30.0, 120.0
_SEED_LOST = "node.register.seed-lost"


class Story:
    """One owner against one mesh."""

    def __init__(self, mesh: Running, progress: Progress) -> None:
        self._mesh, self._progress = mesh, progress

    async def tell(self, username: str) -> Seen:
        """Everything, to the end; raises Refused when the mesh says no, TimeoutError when it says nothing."""
        async with httpx.AsyncClient(timeout=15) as client:
            owner = Owner(self._mesh.edge_url, client, others=self._mesh.edge_urls)
            self._progress.say(f"a new owner: {owner.pubkey[:16]}…")
            socket = self._mesh.edge_url.replace("http", "ws", 1) + "/v1/ws"
            authorization = owner.authorization("GET", self._mesh.edge_url + "/v1/ws")
            async with Inbox(socket, authorization, self._narrate) as inbox:
                await self._register_node(owner, inbox)
                world = self._mesh.world
                async with Signer(world, owner.mnemonic) as signer:
                    await signer.wait_attached(SIGNER_S)
                    self._progress.say("the device's signer is attached to the node")
                    return await self._register_name(owner, inbox, username)

    async def _register_node(self, owner: Owner, inbox: Inbox) -> None:
        key = secrets.token_hex(16)
        await self._send_seed(owner, key)
        self._progress.say("mnemonic sealed on the device and sent; node registration accepted")
        ended = await inbox.wait_for("node.register.ready", "node.register.failed", _SEED_LOST, within_s=NODE_S)
        if ended.type == _SEED_LOST:
            await self._send_seed(owner, key)
            ended = await inbox.wait_for("node.register.ready", "node.register.failed", within_s=NODE_S)
        _raise_if_failed(ended)

    async def _send_seed(self, owner: Owner, key: str) -> None:
        """Send it, again while the answer is that trying again can help (a node-manager was restarted, say)."""
        for pause_s in (0.5, 1.0, 2.0, 4.0):
            try:
                await owner.register_node(key)
                return
            except Refused as refusal:
                if not refusal.retryable:
                    raise
                self._progress.say(f"{refusal.code}: trying again in {pause_s:g} s")
                await asyncio.sleep(pause_s)
        await owner.register_node(key)

    async def _register_name(self, owner: Owner, inbox: Inbox, username: str) -> Seen:
        operation = await owner.register_username(username, secrets.token_hex(16))
        self._progress.say(f"asked for {username}")
        _raise_if_failed(
            await inbox.wait_for("username.register.activated", "username.register.failed", within_s=NAME_S)
        )
        outcome = await owner.get(f"/v1/operations/{operation}", wait_s=10)
        result = msgspec.convert(outcome["result"], NameResult)
        name = quote(result.name)
        return Seen(
            result=result,
            name=await owner.get(f"/v1/names/{name}"),
            resolved=await owner.get(f"/v1/resolve/{name}"),
            messages=tuple(inbox.messages),
            is_gapless=inbox.is_gapless,
            now=int(time.time()),
        )

    def _narrate(self, frame: Msg) -> None:
        self._progress.say(f"▸ {frame.type}{_about(frame)}")


def _about(frame: Msg) -> str:
    for key in ("nodeId", "name", "ownerName", "verdict", "code"):
        if value := frame.data.get(key):
            text = str(value)
            return f"   {text if len(text) <= 48 else text[:40] + '…'}"
    return f"   {frame.code}" if frame.code else ""


def _raise_if_failed(frame: Msg) -> None:
    if frame.type.endswith(".failed"):
        raise Refused(409, frame.code or "internal", str(frame.data.get("detail", "")), retryable=False)
