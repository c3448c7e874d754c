"""Outgoing webhooks: whom a node's news is posted to, signed as Greenlight does, again for a while if it is not taken.

Five attempts, the pause doubled each time; an answer from 400 to 499 is taken for a no. At most twenty a node.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Annotated, Final

import httpx
import msgspec
from msgspec import Meta

from schemas.base import Wire
from schemas.hooks import SIGNATURE_HEADER
from services.sandbox.greenlight.money.rows import InvoiceRow
from services.sandbox.greenlight.store import Store, StoredHook, StoredNode

MOST: Final = 20
ATTEMPTS: Final = 5
PAUSE_S: Final = 0.2
"""Greenlight's own is a minute."""
_ANSWER_S: Final = 30.0
_NO: Final = range(400, 500)

Blocks = Annotated[int, Meta(ge=0, le=10_000_000)]


class BehindWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Node `node_id` (66 hex) is `lag` blocks behind: whoever asked is told that it is stuck."""

    node_id: str
    lag: Blocks = 144


class Hooks:
    """The webhooks of every node in `store`; `posted` counts answers by status (0: none)."""

    def __init__(self, store: Store, height: int) -> None:
        self._store, self._height = store, height
        self._posting: set[asyncio.Task[None]] = set()
        self._client = httpx.AsyncClient(timeout=_ANSWER_S)
        self.posted: dict[str, int] = {}

    def add(self, node: StoredNode, uri: str) -> StoredHook | None:
        """One more, stored before it is said; None if there are as many as there may be."""
        if len(node.hooks) >= MOST:
            return None
        number = node.hooks_made + 1
        hook = StoredHook(id=number, uri=uri, secret=secrets.token_hex(32))
        self._store.put(msgspec.structs.replace(node, hooks=(*node.hooks, hook), hooks_made=number))
        return hook

    def rotate(self, node: StoredNode, number: int) -> StoredHook | None:
        """A new secret for one; None if there is no such."""
        found = next((hook for hook in node.hooks if hook.id == number), None)
        if found is None:
            return None
        fresh = msgspec.structs.replace(found, secret=secrets.token_hex(32))
        hooks = tuple(fresh if hook.id == number else hook for hook in node.hooks)
        self._store.put(msgspec.structs.replace(node, hooks=hooks))
        return fresh

    def delete(self, node: StoredNode, numbers: frozenset[int]) -> None:
        """Those are gone."""
        hooks = tuple(hook for hook in node.hooks if hook.id not in numbers)
        self._store.put(msgspec.structs.replace(node, hooks=hooks))

    def behind(self, wish: BehindWish) -> None:
        """Say so to everybody who asked. Raises ValueError if there is no such node."""
        node = self._store.get(wish.node_id)
        if node is None:
            raise ValueError("no such node")
        blocks = {"blockheight": self._height - wish.lag, "headheight": self._height, "lag": wish.lag}
        self._tell(node, "node_stuck", blocks)

    def paid(self, invoice: InvoiceRow) -> None:
        """An invoice of some node was paid: say so, preimage and all, to everybody who asked."""
        node = self._store.get(invoice.node)
        if node is not None:
            more = {
                "payment_hash": invoice.payment_hash.hex(),
                "preimage": invoice.preimage.hex(),
                "amount_msat": invoice.received_msat,
                "bolt11": None if invoice.is_bolt12 else invoice.text,
                "label": invoice.label,
            }
            self._tell(node, "invoice_payment", more)

    async def close(self) -> None:
        """Post no more."""
        for task in tuple(self._posting):
            task.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)
        await self._client.aclose()

    def _tell(self, node: StoredNode, kind: str, more: Mapping[str, object]) -> None:
        event = {
            "event_id": secrets.token_hex(16),
            "node_id": node.node_id,
            "event_type": kind,
            "timestamp": int(time.time()),
            **more,
        }
        body = msgspec.json.encode(event)
        for hook in node.hooks:
            task = asyncio.create_task(self._post(hook, kind, body))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)

    async def _post(self, hook: StoredHook, kind: str, body: bytes) -> None:
        signature = base64.b64encode(hmac.digest(hook.secret.encode(), body, hashlib.sha256)).decode()
        headers = {
            SIGNATURE_HEADER: signature,
            "X-Greenlight-Event": kind,
            "Content-Type": "application/json",
        }
        for attempt in range(ATTEMPTS):
            status = await _answer(self._client, hook.uri, body, headers)
            self.posted[str(status)] = self.posted.get(str(status), 0) + 1
            if 200 <= status < 300 or status in _NO:
                return
            await asyncio.sleep(PAUSE_S * 2**attempt)


async def _answer(client: httpx.AsyncClient, uri: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        return (await client.post(uri, content=body, headers=headers)).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return 0
