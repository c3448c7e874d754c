"""Having Greenlight post about a node: looked for before it is added, so that an answer that got lost adds no second.

Crash between adding and keeping the secret: the next time finds the webhook by its address and has its secret replaced.
A secret that was replaced is good for nothing to who kept it: one asks at a time, and who finds the record changed when
it has one begins anew, whatever the record says then.
Whatever stands in the way holds up nothing: a node works without its webhook, and the next start tries again.
"""

import base64
import hashlib

import msgspec
import structlog

from bus.buckets.leases import held
from proto import scheduler_pb2
from schemas.hooks import hook_url
from schemas.ids import Owner
from services.node_manager.desk import Desk, identity_of
from services.node_manager.greenlight.errors import CallProblem, Refused
from services.node_manager.keep.book import Page
from services.node_manager.keep.credentials import Credentials

TOKEN_CHARS = 26
LEASE_S = 30.0
"""How long others leave it to one that died; the next start of the node asks again."""
TRIES = 5
"""A record changes while a secret is fetched at every turn of its node's readiness, and not often."""

log = structlog.stdlib.get_logger("node-manager")


async def ask_for_hook(desk: Desk, page: Page) -> None:
    """Have Greenlight tell us at the public URL when the node on `page` is stuck, if it does not yet."""
    record = page.record
    if page.credentials.is_self_hosted or page.credentials.hook_url == _wanted(desk, page):
        return
    async with held(desk.bus, hook_lease(record.owner, record.node_id), LEASE_S) as alone:
        now = await desk.book.read(record.owner, record.node_id) if alone else None
        if now is not None and now.credentials.hook_url != _wanted(desk, now):
            await _add(desk, now)


async def _add(desk: Desk, page: Page) -> None:
    for _ in range(TRIES):
        record, wanted = page.record, _wanted(desk, page)
        secret = await _secret(desk, page, wanted)
        if not isinstance(secret, str):
            log.info("hook.not-added", node=record.node_id, problem=str(secret))
            return
        with_hook = msgspec.structs.replace(page.credentials, hook_url=wanted, hook_secret=secret)
        if await desk.book.write(record, with_hook, page):
            log.info("hook.added", node=record.node_id, owner=record.owner)
            return
        changed = await desk.book.read(record.owner, record.node_id)
        if changed is None:
            return
        page = changed
    log.warning("hook.not-kept", node=page.record.node_id, owner=page.record.owner)


def _wanted(desk: Desk, page: Page) -> str:
    return hook_url(desk.settings.public_url, page.record.node_id, hook_of(page.credentials))


async def drop_hook(desk: Desk, page: Page) -> None:
    """Have Greenlight post no more about the node on `page`; best effort: what is posted later, nobody knows."""
    if not page.credentials.hook_url:
        return
    ids = await _ours(desk, page, page.credentials.hook_url)
    if isinstance(ids, tuple) and ids:
        node_id, device = bytes.fromhex(page.record.node_id), identity_of(page.credentials)
        await desk.scheduler.delete_hooks(node_id, device, ids)


def hook_lease(owner: Owner, node_id: str) -> str:
    """What whoever asks for the webhook of a node (66 hex) holds meanwhile."""
    return f"hook-{owner}-{node_id}"


def hook_of(credentials: Credentials) -> str:
    """The last part of the address: the same for the same device of ours, however often it is asked for, and to anybody
    else a random one."""
    digest = hashlib.sha256(b"shopstr/greenlight-hook/" + credentials.key.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:TOKEN_CHARS]


async def _secret(desk: Desk, page: Page, wanted: str) -> str | CallProblem:
    node_id, device = bytes.fromhex(page.record.node_id), identity_of(page.credentials)
    ids = await _ours(desk, page, wanted)
    if not isinstance(ids, tuple):
        return ids
    secret = await (
        desk.scheduler.rotate_hook(node_id, device, ids[0]) if ids else desk.scheduler.add_hook(node_id, device, wanted)
    )
    return Refused("NO_SECRET") if secret == "" else secret


async def _ours(desk: Desk, page: Page, url: str) -> tuple[int, ...] | CallProblem:
    node_id, device = bytes.fromhex(page.record.node_id), identity_of(page.credentials)
    found = await desk.scheduler.list_hooks(node_id, device)
    if not isinstance(found, scheduler_pb2.ListOutgoingWebhooksResponse):
        return found
    return tuple(hook.id for hook in found.outgoing_webhooks if hook.uri == url)
