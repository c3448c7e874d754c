"""`/v1/webhooks`: where an owner wants notifications sent. Changes are operations; reading is for the owner alone."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from schemas.base import Wire
from schemas.receivers import MAX_URL_CHARS, ReceiverProblem, receiver_of
from schemas.requests import (
    Common,
    FlowRequest,
    WebhookChange,
    WebhookCreate,
    WebhookPing,
    WebhookRemove,
    WebhookRotate,
)
from schemas.revisions import UNPROVEN, Revision
from schemas.webhooks import MAX_DESCRIPTION, MAX_PATTERNS, is_pattern
from services.edge.asking.changes import (
    CHANGE_PROBLEMS,
    WEBHOOK_ID,
    body_of,
    change,
    no_body,
    proven,
    webhook_id_of,
    webhook_of,
    webhooks_of,
)
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking import fresh
from services.edge.views.webhooks import WebhookView, webhook_view
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, PREFER, REVISION
from services.edge.web.refusal import Refusal

Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL_CHARS)]
Events = Annotated[tuple[Annotated[str, Meta(max_length=256)], ...], Meta(max_length=MAX_PATTERNS)]
Description = Annotated[str, Meta(max_length=MAX_DESCRIPTION)]

OfOne = WebhookRemove | WebhookRotate | WebhookPing

URL_PROBLEMS = ("webhook-url-invalid", "webhook-url-refused", "webhook-events-invalid")


class CreateWebhookBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST. Absent `events`: all of them."""

    url: Url
    events: Events = ()
    description: Description = ""


class ChangeWebhookBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of PATCH: what is absent or null stays as it is."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookList(Wire, frozen=True, kw_only=True):
    """All webhooks of the caller; `seq` rises whenever one of them changes (0: there never were any)."""

    webhooks: tuple[WebhookView, ...]
    seq: int


@call(
    "where your notifications are sent",
    Gives(200, WebhookList, "all of your webhooks", (REVISION,)),
    auth="reader",
)
async def list_webhooks(edge: Edge, request: Request) -> Response:
    """200 with all of the caller's webhooks."""
    reader = await admit(edge, request)
    async with patience(edge.bus):
        roll, revision = await webhooks_of(edge, reader.owner)
    views = tuple(webhook_view(hook, revision, edge.clock()) for hook in roll.hooks)
    return json_response(WebhookList(webhooks=views, seq=revision), headers=_revision(revision))


@call(
    "one of your webhooks",
    Gives(200, WebhookView, "the webhook", (REVISION,)),
    auth="reader",
    takes=(WEBHOOK_ID,),
    problems=("webhook-unknown",),
)
async def get_webhook(edge: Edge, request: Request) -> Response:
    """200 with one webhook."""
    webhook_id = webhook_id_of(request)
    reader = await admit(edge, request)
    async with patience(edge.bus):
        hook, revision = await webhook_of(edge, reader.owner, webhook_id)
    return json_response(webhook_view(hook, revision, edge.clock()), headers=_revision(revision))


@call(
    "have notifications sent to a URL",
    ACCEPTED,
    auth="owner",
    body=CreateWebhookBody,
    takes=(IDEMPOTENCY_KEY, PREFER),
    problems=URL_PROBLEMS,
)
async def create_webhook(edge: Edge, request: Request) -> Response:
    """202 with the operation that makes it; its result names the webhook."""
    proof = await proven(edge, request, "POST")
    body = body_of(request, proof, CreateWebhookBody)
    _check(edge, body.url, body.events)
    fields = {"url": body.url, "events": _joined(body.events), "description": body.description}
    return await change(
        edge,
        request,
        proof,
        "webhook.create",
        fields,
        lambda common: WebhookCreate(**common, url=body.url, events=body.events, description=body.description),
    )


@call(
    "change what the body gives of a webhook",
    ACCEPTED,
    auth="owner",
    body=ChangeWebhookBody,
    takes=(WEBHOOK_ID, IDEMPOTENCY_KEY, PREFER),
    problems=("webhook-unknown", *URL_PROBLEMS),
)
async def change_webhook(edge: Edge, request: Request) -> Response:
    """202 with the operation that changes what the body gives."""
    webhook_id = webhook_id_of(request)
    proof = await proven(edge, request, "PATCH")
    body = body_of(request, proof, ChangeWebhookBody)
    _check(edge, body.url, body.events or ())
    return await change(edge, request, proof, "webhook.change", _fields(webhook_id, body), _changed(webhook_id, body))


@call(
    "send to a disabled webhook again",
    ACCEPTED,
    auth="owner",
    takes=(WEBHOOK_ID, IDEMPOTENCY_KEY, PREFER),
    problems=CHANGE_PROBLEMS,
)
async def enable_webhook(edge: Edge, request: Request) -> Response:
    """202 with the operation that enables it and forgives its failures."""
    webhook_id = webhook_id_of(request)
    proof = await proven(edge, request, "POST")
    no_body(proof)
    body = ChangeWebhookBody(enabled=True)
    return await change(edge, request, proof, "webhook.change", _fields(webhook_id, body), _changed(webhook_id, body))


@call(
    "send nothing to a webhook any more, and forget it",
    ACCEPTED,
    auth="owner",
    takes=(WEBHOOK_ID, IDEMPOTENCY_KEY, PREFER),
    problems=CHANGE_PROBLEMS,
)
async def remove_webhook(edge: Edge, request: Request) -> Response:
    """202 with the operation that removes it."""
    return await _ask(edge, request, "DELETE", "webhook.remove", WebhookRemove)


@call(
    "sign with a new secret; the old one signs as well for a while",
    ACCEPTED,
    auth="owner",
    takes=(WEBHOOK_ID, IDEMPOTENCY_KEY, PREFER),
    problems=CHANGE_PROBLEMS,
)
async def rotate_secret(edge: Edge, request: Request) -> Response:
    """202 with the operation that makes the next secret sign; the one before it signs as well for a while."""
    return await _ask(edge, request, "POST", "webhook.rotate", WebhookRotate)


@call(
    "send a test event and say what the receiver answered",
    ACCEPTED,
    auth="owner",
    takes=(WEBHOOK_ID, IDEMPOTENCY_KEY, PREFER),
    problems=CHANGE_PROBLEMS,
)
async def ping_webhook(edge: Edge, request: Request) -> Response:
    """202 with the operation that sends a test event; its result says what the receiver answered."""
    return await _ask(edge, request, "POST", "webhook.ping", WebhookPing)


async def _ask(edge: Edge, request: Request, method: str, flow: str, kind: type[OfOne]) -> Response:
    """Ask for what a webhook's id says everything of."""
    webhook_id = webhook_id_of(request)
    proof = await proven(edge, request, method)
    no_body(proof)
    fields: dict[str, str | None] = {"webhookId": webhook_id}
    return await change(edge, request, proof, flow, fields, lambda common: kind(**common, webhook_id=webhook_id))


def _revision(seq: int) -> dict[str, str]:
    return {fresh.HEADER: Revision("webhooks", UNPROVEN, seq).text}


def _check(edge: Edge, url: str | None, events: tuple[str, ...]) -> None:
    found = None if url is None else receiver_of(url, allow_private=edge.settings.webhooks_allow_private)
    if isinstance(found, ReceiverProblem):
        raise Refusal(found.code, found.detail, members={"field": "url"})
    if not all(is_pattern(pattern) for pattern in events):
        raise Refusal("webhook-events-invalid", "a type, `beginning.*` or `*`", members={"field": "events"})


def _fields(webhook_id: str, body: ChangeWebhookBody) -> dict[str, str | None]:
    return {
        "webhookId": webhook_id,
        "url": body.url,
        "events": _joined(body.events),
        "description": body.description,
        "enabled": None if body.enabled is None else str(body.enabled),
    }


def _changed(webhook_id: str, body: ChangeWebhookBody) -> Callable[[Common], FlowRequest]:
    def made(common: Common) -> FlowRequest:
        return WebhookChange(
            **common,
            webhook_id=webhook_id,
            url=body.url,
            events=body.events,
            description=body.description,
            enabled=body.enabled,
        )

    return made


def _joined(events: tuple[str, ...] | None) -> str | None:
    return None if events is None else " ".join(events)
