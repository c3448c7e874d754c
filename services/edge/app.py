"""The table of addresses and the ASGI application made from it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from schemas.hooks import ADDRESS
from services.edge.context import Edge
from services.edge.looking.quick import Quick
from services.edge.routes.balances import get_balance, get_balances
from services.edge.routes.cursors import ack_events, delete_cursor, list_cursors
from services.edge.routes.dns_records import get_record, list_records, publish_record, withdraw_record
from services.edge.routes.dns_zones import get_zone
from services.edge.routes.documents import asyncapi_document, docs_page, index, openapi_document
from services.edge.routes.events import get_events
from services.edge.routes.health import healthz, readyz
from services.edge.routes.invoices import create_invoice, get_incoming, get_invoice, list_incoming, list_invoices
from services.edge.routes.metrics import metrics
from services.edge.routes.name_changes import release_name, rotate_offer
from services.edge.routes.name_health import get_name_health
from services.edge.routes.names import get_name
from services.edge.routes.node_changes import delete_node, start_node, stop_node
from services.edge.routes.node_devices import give_device
from services.edge.routes.node_hooks import take_hook
from services.edge.routes.nodes import register_node
from services.edge.routes.offer_changes import change_offer, disable_offer, enable_offer
from services.edge.routes.offer_decoding import decode_offer
from services.edge.routes.offers import create_offer, get_offer, list_offers
from services.edge.routes.operations import cancel_operation, get_operation
from services.edge.routes.own_nodes import get_node, list_nodes
from services.edge.routes.payments import get_payment, list_payments, send_payment
from services.edge.routes.proofs import verify_proof
from services.edge.routes.quotes import quote_payment
from services.edge.routes.resolve import resolve_name
from services.edge.routes.sealing_keys import sealing_keys
from services.edge.routes.sessions import begin_session, end_session
from services.edge.routes.socket import serve_socket
from services.edge.routes.usernames import register_username
from services.edge.routes.webhook_deliveries import list_deliveries, redeliver
from services.edge.routes.webhook_secret import get_secret
from services.edge.routes.webhooks import (
    change_webhook,
    create_webhook,
    enable_webhook,
    get_webhook,
    list_webhooks,
    ping_webhook,
    remove_webhook,
    rotate_secret,
)
from services.edge.routes.zone_signing import change_signing, get_signing, hold_zone, resume_zone
from services.edge.web.call import Call, Gives, call
from services.edge.web.door import Door
from services.edge.web.problem import AUTH_PROBLEMS
from services.edge.web.refusal import Refusal, problem_response
from services.edge.web.resource import Resource

SOCKET = "/v1/ws"


@call(
    "everything that happens to your operations, in order, over WebSocket",
    Gives(101, None, "the socket is open; say `hello` first (`asyncapi.json` has the frames)"),
    problems=(*AUTH_PROBLEMS, "auth-session-over", "too-many-sockets"),
)
async def _not_a_socket(_edge: Edge, _request: Request) -> Response:
    raise Refusal("bad-request", "this address speaks WebSocket", headers={"Upgrade": "websocket"})


ADDRESSES: Mapping[str, Mapping[str, Call]] = {
    "/": {"GET": index},
    "/healthz": {"GET": healthz},
    "/readyz": {"GET": readyz},
    "/openapi.json": {"GET": openapi_document},
    "/asyncapi.json": {"GET": asyncapi_document},
    "/docs": {"GET": docs_page},
    "/metrics": {"GET": metrics},
    "/v1/sealing-keys": {"GET": sealing_keys},
    "/v1/nodes": {"GET": list_nodes, "POST": register_node},
    "/v1/nodes/devices": {"POST": give_device},
    "/v1/nodes/{id}": {"GET": get_node, "DELETE": delete_node},
    "/v1/nodes/{id}/start": {"POST": start_node},
    "/v1/nodes/{id}/stop": {"POST": stop_node},
    "/v1/nodes/{id}/balance": {"GET": get_balance},
    ADDRESS: {"POST": take_hook},
    "/v1/balance": {"GET": get_balances},
    "/v1/offers": {"GET": list_offers, "POST": create_offer},
    "/v1/offers/decode": {"POST": decode_offer},
    "/v1/incoming": {"GET": list_incoming},
    "/v1/incoming/{id}": {"GET": get_incoming},
    "/v1/invoices": {"GET": list_invoices, "POST": create_invoice},
    "/v1/invoices/{id}": {"GET": get_invoice},
    "/v1/offers/{id}": {"GET": get_offer, "PATCH": change_offer},
    "/v1/offers/{id}/disable": {"POST": disable_offer},
    "/v1/offers/{id}/enable": {"POST": enable_offer},
    "/v1/payments": {"GET": list_payments, "POST": send_payment},
    "/v1/payments/quote": {"POST": quote_payment},
    "/v1/payments/{id}": {"GET": get_payment},
    "/v1/register-username": {"POST": register_username},
    "/v1/operations/{id}": {"GET": get_operation, "DELETE": cancel_operation},
    "/v1/names/{name}": {"GET": get_name, "DELETE": release_name},
    "/v1/names/{name}/offer": {"PUT": rotate_offer},
    "/v1/dns/records": {"GET": list_records, "POST": publish_record},
    "/v1/dns/records/{name}": {"GET": get_record, "DELETE": withdraw_record},
    "/v1/names/{name}/health": {"GET": get_name_health},
    "/v1/dns/zones/{zone}": {"GET": get_zone},
    "/v1/dns/zones/{zone}/signing": {"GET": get_signing, "POST": change_signing},
    "/v1/dns/zones/{zone}/signing/hold": {"POST": hold_zone},
    "/v1/dns/zones/{zone}/signing/resume": {"POST": resume_zone},
    "/v1/resolve/{name}": {"GET": resolve_name},
    "/v1/proofs/verify": {"POST": verify_proof},
    "/v1/sessions": {"POST": begin_session, "DELETE": end_session},
    "/v1/events": {"GET": get_events},
    "/v1/events/ack": {"POST": ack_events},
    "/v1/events/cursors": {"GET": list_cursors},
    "/v1/events/cursors/{device}": {"DELETE": delete_cursor},
    "/v1/webhooks": {"GET": list_webhooks, "POST": create_webhook},
    "/v1/webhooks/{id}": {"GET": get_webhook, "PATCH": change_webhook, "DELETE": remove_webhook},
    "/v1/webhooks/{id}/secret": {"GET": get_secret},
    "/v1/webhooks/{id}/rotate-secret": {"POST": rotate_secret},
    "/v1/webhooks/{id}/ping": {"POST": ping_webhook},
    "/v1/webhooks/{id}/enable": {"POST": enable_webhook},
    "/v1/webhooks/{id}/deliveries": {"GET": list_deliveries},
    "/v1/webhooks/{id}/deliveries/{delivery}/redeliver": {"POST": redeliver},
    SOCKET: {"GET": _not_a_socket},
}


def make_app(edge: Edge) -> ASGIApp:
    """The edge as an ASGI application; the caller owns the connections in `edge`."""

    async def socket(websocket: WebSocket) -> None:
        await serve_socket(edge, websocket)

    routes: list[BaseRoute] = [Route(path, Resource(edge, path, methods)) for path, methods in ADDRESSES.items()]
    routes.append(WebSocketRoute(SOCKET, socket))
    return Quick(edge, Door(Router(routes, redirect_slashes=False, default=_nothing_here), edge.metrics))


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        raise Refusal("not-found")
    websocket = WebSocket(scope, receive, send)
    await websocket.send_denial_response(problem_response(Refusal("not-found"), scope["mesh.trace"].trace_id))
