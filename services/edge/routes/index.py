"""`GET /`: what is here, for a person with curl."""

from starlette.requests import Request
from starlette.responses import Response

from services.edge.answers import json_response
from services.edge.context import Edge

ADDRESSES = {
    "GET /v1/sealing-keys": "public keys of live node-managers, to seal a mnemonic to",
    "GET /v1/nodes": "your nodes (NIP-98 or a session)",
    "GET /v1/nodes/{id}": "one of your nodes: its state and since when (NIP-98 or a session)",
    "POST /v1/nodes": "register a node (NIP-98, Idempotency-Key)",
    "POST /v1/register-username": "claim a name for a node (NIP-98, Idempotency-Key)",
    "GET /v1/operations/{id}": "how an operation stands (NIP-98; Prefer: wait=N)",
    "DELETE /v1/operations/{id}": "take an operation back (NIP-98)",
    "GET /v1/names/{user@domain}": "who is paid by a name, or whether it is free",
    "GET /v1/resolve/{user@domain}": "what any BIP 353 name pays, validated from the DNS root, and the proof "
    "(Accept: application/octet-stream: the RFC 9102 proof alone)",
    "POST /v1/proofs/verify": "whether a proof of a name (RFC 9102, base64) holds, and if not, why, in plain words",
    "POST /v1/sessions": "a token to read by for a while, also as a cookie (NIP-98)",
    "DELETE /v1/sessions": "end this session (Bearer), or all of yours (NIP-98)",
    "GET /v1/webhooks": "where your notifications are sent (NIP-98)",
    "POST /v1/webhooks": "have notifications sent to a URL (NIP-98, Idempotency-Key)",
    "PATCH /v1/webhooks/{id}": "change a webhook; DELETE removes it (NIP-98, Idempotency-Key)",
    "GET /v1/webhooks/{id}/secret": "the secret that signs what is sent (NIP-98)",
    "POST /v1/webhooks/{id}/rotate-secret": "sign with a new secret; the old one signs as well for a while",
    "POST /v1/webhooks/{id}/ping": "send a test event and say what the receiver answered",
    "POST /v1/webhooks/{id}/enable": "send to a disabled webhook again",
    "GET /v1/webhooks/{id}/deliveries": "what became of each event, newest first (NIP-98)",
    "POST /v1/webhooks/{id}/deliveries/{id}/redeliver": "send one again, under the same webhook-id",
    "WS /v1/ws": "everything that happens to your operations, in order",
    "GET /v1/events": "the same, as server-sent events or page by page in JSON (?after=, ?limit=, Prefer: wait=N)",
    "POST /v1/events/ack": "a device has taken in everything up to a sequence",
    "GET /v1/events/cursors": "where your devices are",
    "DELETE /v1/events/cursors/{device}": "let a device begin anew",
    "GET /healthz": "this process is alive",
    "GET /readyz": "this process can serve, or what is down",
    "GET /metrics": "what this process counts, for Prometheus",
}


async def index(_edge: Edge, _request: Request) -> Response:
    """The table of addresses."""
    return json_response({"service": "shopstr payment mesh", "addresses": ADDRESSES})
