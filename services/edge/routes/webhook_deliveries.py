"""`/v1/webhooks/{id}/deliveries`: what became of each event, newest change first, and sending one again."""

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.pages import newest
from schemas.base import Wire
from schemas.ids import is_token
from schemas.requests import WebhookRedeliver
from services.edge.asking.changes import (
    CHANGE_PROBLEMS,
    WEBHOOK_ID,
    change,
    no_body,
    proven,
    webhook_id_of,
    webhook_of,
)
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.views.webhooks import DeliveryView, delivery_view
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, Parameter, call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, PREFER
from services.edge.web.refusal import Refusal

PAGE = 50
PAGE_MAX = 200
MAX_DIGITS = 15


_Number = Annotated[int, Meta(ge=1)]
BEFORE = Parameter("query", "before", "a `seq`: only deliveries that changed before it", _Number)
AT_MOST = Parameter("query", "limit", f"deliveries it takes at once, at most {PAGE_MAX}", _Number)
DELIVERY = Parameter("path", "delivery", "its id, or the `webhook-id` that a receiver saw")


class Deliveries(Wire, frozen=True, kw_only=True):
    """A page of deliveries, newest change first; `next` is the `before` of the next page (null: that was the last)."""

    deliveries: tuple[DeliveryView, ...]
    next: int | None


@call(
    "what became of each event, newest first",
    Gives(200, Deliveries, "a page"),
    auth="reader",
    takes=(WEBHOOK_ID, BEFORE, AT_MOST),
    problems=("webhook-unknown",),
)
async def list_deliveries(edge: Edge, request: Request) -> Response:
    """200 with a page of deliveries."""
    webhook_id = webhook_id_of(request)
    before, limit = _number(request, "before"), _number(request, "limit") or PAGE
    reader = await admit(edge, request)
    limit = min(limit, PAGE_MAX)
    async with patience(edge.bus):
        await webhook_of(edge, reader.owner, webhook_id)
        found = await newest(edge.deliveries, f"{reader.owner}.{webhook_id}.*", before, limit)
    views = tuple(delivery_view(entry.value, entry.revision) for entry in found)
    return json_response(Deliveries(deliveries=views, next=found[-1].revision if len(found) == limit else None))


@call(
    "send one again, under the same `webhook-id`",
    ACCEPTED,
    auth="owner",
    takes=(WEBHOOK_ID, DELIVERY, IDEMPOTENCY_KEY, PREFER),
    problems=("delivery-unknown", *CHANGE_PROBLEMS),
)
async def redeliver(edge: Edge, request: Request) -> Response:
    """202 with the operation that sends the delivery again, under the same `webhook-id`."""
    webhook_id, delivery_id = webhook_id_of(request), _delivery_id_of(request)
    proof = await proven(edge, request, "POST")
    no_body(proof)
    fields: dict[str, str | None] = {"webhookId": webhook_id, "deliveryId": delivery_id}
    return await change(
        edge,
        request,
        proof,
        "webhook.redeliver",
        fields,
        lambda common: WebhookRedeliver(**common, webhook_id=webhook_id, delivery_id=delivery_id),
    )


def _delivery_id_of(request: Request) -> str:
    """The delivery in the path, by its id or by the `webhook-id` that a receiver saw."""
    text = str(request.path_params["delivery"]).removeprefix("msg_")
    if not is_token(text):
        raise Refusal("delivery-unknown")
    return text


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) > 0):
        raise Refusal("bad-request", f"{name} must be a whole number from 1")
    return int(text)
