"""Having Greenlight post about a node: looked for before it is added, so that an answer that got lost adds no second.

Crash between adding and keeping the secret: the next time finds the webhook by its address and has its secret replaced.
Whatever stands in the way holds up nothing: a node works without its webhook, and the next start tries again.
"""

import base64
import hashlib

import msgspec
import structlog

from proto import scheduler_pb2
from schemas.hooks import hook_url
from services.node_manager.desk import Desk, identity_of
from services.node_manager.greenlight.errors import CallProblem, Refused
from services.node_manager.keep.book import Page
from services.node_manager.keep.credentials import Credentials

TOKEN_CHARS = 26

log = structlog.stdlib.get_logger("node-manager")


async def ask_for_hook(desk: Desk, page: Page) -> None:
    """Have Greenlight tell us at the public URL when the node on `page` is stuck, if it does not yet."""
    record, credentials = page.record, page.credentials
    wanted = hook_url(desk.settings.public_url, record.node_id, hook_of(credentials))
    if credentials.is_self_hosted or credentials.hook_url == wanted:
        return
    secret = await _secret(desk, page, wanted)
    if not isinstance(secret, str):
        log.info("hook.not-added", node=record.node_id, problem=str(secret))
        return
    with_hook = msgspec.structs.replace(credentials, hook_url=wanted, hook_secret=secret)
    kept = await desk.book.write(record, with_hook, page)
    log.info("hook.added" if kept else "hook.not-kept", node=record.node_id, owner=record.owner)


async def drop_hook(desk: Desk, page: Page) -> None:
    """Have Greenlight post no more about the node on `page`; best effort: what is posted later, nobody knows."""
    if not page.credentials.hook_url:
        return
    ids = await _ours(desk, page, page.credentials.hook_url)
    if isinstance(ids, tuple) and ids:
        node_id, device = bytes.fromhex(page.record.node_id), identity_of(page.credentials)
        await desk.scheduler.delete_hooks(node_id, device, ids)


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
