"""`/v1/webhooks/{id}/deliveries`: what became of each event, newest change first, and sending one again."""

from starlette.requests import Request
from starlette.responses import Response

from bus.kv_pages import newest
from schemas.ids import is_token
from schemas.requests import WebhookRedeliver
from services.edge.answers import json_response
from services.edge.context import Edge
from services.edge.patience import patience
from services.edge.reading import admit
from services.edge.refusal import Refusal
from services.edge.webhook_asking import change, no_body, proven, webhook_id_of, webhook_of
from services.edge.webhook_views import delivery_view

PAGE = 50
PAGE_MAX = 200
MAX_DIGITS = 15


async def list_deliveries(edge: Edge, request: Request) -> Response:
    """200 with a page of deliveries; `before` of the next page is in `next` (null: that was the last).

    Query: `limit` (1 to 200), `before` (a `seq`).
    """
    webhook_id = webhook_id_of(request)
    before, limit = _number(request, "before"), _number(request, "limit") or PAGE
    reader = await admit(edge, request)
    limit = min(limit, PAGE_MAX)
    async with patience(edge.bus):
        await webhook_of(edge, reader.owner, webhook_id)
        found = await newest(edge.deliveries, f"{reader.owner}.{webhook_id}.*", before, limit)
    views = [delivery_view(entry.value, entry.revision) for entry in found]
    return json_response({"deliveries": views, "next": found[-1].revision if len(found) == limit else None})


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
