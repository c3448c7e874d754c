"""A notifier with webhooks beside an edge: sellers make webhooks as a client does, and things happen to them."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bus.buckets.kv import Bucket
from bus.client import connection
from bus.operations import ledger
from bus.operations.facts import Operation
from schemas.ids import op_of
from schemas.notifications import Notification
from schemas.requests import UsernameRegister
from schemas.settings import Settings
from schemas.webhooks import Delivery, Webhook, Webhooks
from services.notifier.service import run_notifier
from tests.contract.edge.world import Json, Seller, World, eventually, running_world
from tests.unit.edge.histories import NODE

EVENTS = 8
"""What an owner is told about one whole `username.register`."""


@dataclass
class Harbour:
    """The world, and what a seller does in it."""

    world: World

    @property
    def settings(self) -> Settings:
        return self.world.settings

    # --- as a seller

    async def done(self, seller: Seller, method: str, path: str, body: Json | None = None) -> Json:
        """A change, and the operation when it has ended."""
        key = secrets.token_hex(8)
        answer = await self.world.call(seller, method, path, body, Idempotency_Key=key, Prefer="wait=20")
        assert answer.status_code == 202, answer.text
        found: Json = answer.json()
        while found["state"] not in ("succeeded", "failed"):
            found = (await self.world.call(seller, "GET", f"/v1/operations/{found['id']}", Prefer="wait=20")).json()
        return found

    async def result(self, seller: Seller, method: str, path: str, body: Json | None = None) -> Json:
        """A change that succeeded, and its result."""
        operation = await self.done(seller, method, path, body)
        assert operation["state"] == "succeeded", operation
        result = operation["result"]
        assert isinstance(result, dict)
        return result

    async def hook(self, seller: Seller, url: str, *events: str) -> str:
        """A new webhook's address on the edge."""
        result = await self.result(seller, "POST", "/v1/webhooks", {"url": url, "events": list(events)})
        return f"/v1/webhooks/{result['webhookId']}"

    async def secret(self, seller: Seller, hook: str) -> str:
        answer = await self.world.call(seller, "GET", f"{hook}/secret")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return str(answer.json()["secret"])

    async def log(self, seller: Seller, hook: str, query: str = "") -> list[Json]:
        answer = await self.world.call(seller, "GET", f"{hook}/deliveries{query}")
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["deliveries"]
        return found

    async def states(self, seller: Seller, hook: str) -> list[object]:
        return [delivery["state"] for delivery in await self.log(seller, hook, "?limit=200")]

    # --- as what happens

    async def happen(self, seller: Seller, steps: int | None = None) -> Operation:
        """A whole `username.register` of the seller, or its first `steps` facts after the request."""
        op = op_of(seller.owner, secrets.token_hex(8))
        request = UsernameRegister(
            op=op,
            owner=seller.owner,
            pubkey=seller.pubkey,
            body_sha256="aa",
            asked_at="",
            username="alice",
            domain="shop.test",
            node_id=NODE,
        )
        opened = await ledger.open_operation(self.world.workers["offer-builder"], request)
        return await self.world.advance(opened, steps)

    async def told(self, seller: Seller) -> list[Notification]:
        found = await self.world.stored("NOTIFY", f"ntf.{seller.owner}")
        return [msgspec.json.decode(message.data, type=Notification) for message in found]

    async def kept(self, seller: Seller, hook: str) -> Webhook:
        entry = await Bucket(self.world.edge.bus, "webhooks", Webhooks).get(seller.owner)
        found = entry.value.hook(hook.rpartition("/")[2]) if entry else None
        assert found is not None
        return found

    async def deliveries(self, seller: Seller) -> list[Delivery]:
        entries = await Bucket(self.world.edge.bus, "deliveries", Delivery).entries(f"{seller.owner}.>")
        return [entry.value for entry in entries.values()]

    @asynccontextmanager
    async def notifier(self, **settings: object) -> AsyncIterator[None]:
        """A notifier in this process; nothing it does may be against its permissions."""
        found = msgspec.structs.replace(self.settings, **settings)
        bus, sec = await connection.connect(found, "notifier"), await connection.connect(found, "sec-notifier")
        stopping, up = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(run_notifier(bus, stopping, up.set, sec=sec))
        rising = asyncio.create_task(up.wait())
        try:
            await asyncio.wait([task, rising], return_when=asyncio.FIRST_COMPLETED)
            if up.is_set():
                yield
        finally:
            rising.cancel()
            stopping.set()
            denials = bus.denials + sec.denials
            await asyncio.wait([task])
            await sec.close()
            await bus.close()
            task.result()
            assert denials == []


def key_file(folder: Path) -> str:
    """A file with a fresh webhook key."""
    file = folder / "webhook.key"
    file.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return str(file)


@asynccontextmanager
async def harbour_in(folder: Path, **settings: object) -> AsyncIterator[Harbour]:
    """An edge on a bus of its own, and no notifier yet; pauses between attempts are a hundredth of the real ones."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen: dict[str, object] = {
        "webhook_key_file": key_file(folder),
        "webhooks_allow_private": True,
        "webhook_retry_scale": 0.01,
        "ack_wait_s": 2.0,
        **settings,
    }
    async with running_world(folder, **chosen) as world:
        yield Harbour(world)


__all__ = ["EVENTS", "Harbour", "eventually", "harbour_in", "key_file"]
