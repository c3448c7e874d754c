"""What changes that an owner asks for share: a key, a proof, a request on the bus, an operation as the answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from bus.operations.facts import OpRef
from schemas.base import utc_text
from schemas.ids import ID_PATTERN, Owner, is_token, op_of
from schemas.requests import Common, FlowRequest
from schemas.webhooks import Webhook, Webhooks
from services.edge.asking.canonical import digest
from services.edge.asking.patience import patience
from services.edge.asking.requests import ask, idempotency_key_of, same_or_conflict, stands
from services.edge.callers.auth import Caller, authorization_of, prove, spend
from services.edge.context import Edge
from services.edge.looking.following import view_of
from services.edge.web.answers import operation_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import Parameter
from services.edge.web.refusal import Refusal

T = TypeVar("T")

WEBHOOK_ID = Parameter("path", "id", "one of your webhooks", Annotated[str, Meta(pattern=ID_PATTERN)])

CHANGE_PROBLEMS = ("webhook-unknown", "invalid-body", "body-too-large")
"""How a change that names a webhook and takes no body may be refused."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A call that may become an operation: who asks, under which key, with which body."""

    caller: Caller
    key: str
    raw: bytes


async def proven(edge: Edge, request: Request, method: str) -> Proven:
    """Who asks; nothing is spent yet, so that a bad body leaves no trace. Refusal."""
    key = idempotency_key_of(request)
    authorization_of(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    return Proven(prove(edge, request, method, raw), key, raw)


def body_of(request: Request, proof: Proven, kind: type[T]) -> T:
    """The body of the call as `kind`; Refusal."""
    require_json(request)
    return decode_body(proof.raw, kind)


def no_body(proof: Proven) -> None:
    """Refusal `invalid-body` for a call that takes none."""
    if proof.raw.strip() not in (b"", b"{}"):
        raise Refusal("invalid-body", "this call takes no body")


async def change(
    edge: Edge,
    request: Request,
    proof: Proven,
    kind: str,
    fields: dict[str, str | None],
    made: Callable[[Common], FlowRequest],
    check: Callable[[], Awaitable[None]] | None = None,
) -> Response:
    """202 with the operation that `made` asks for; `kind` and `fields` are what a repetition is compared by.

    `check` may refuse, and a webhook named in `fields` has to be there, the first time; later the key alone decides.
    """
    caller = proof.caller
    await spend(edge, caller)
    ref = OpRef(caller.owner, op_of(caller.owner, proof.key))
    body_sha256 = digest(kind, **fields)
    async with patience(edge.bus):
        standing = await stands(edge, ref)
        if standing is None:
            if (webhook_id := fields.get("webhookId")) is not None:
                await webhook_of(edge, caller.owner, webhook_id)
            if check is not None:
                await check()
            standing = await ask(edge, made(_common(edge, request, proof, ref, body_sha256)))
    return await operation_response(edge, request, ref, view_of(same_or_conflict(standing, body_sha256)))


async def webhook_of(edge: Edge, owner: Owner, webhook_id: str) -> tuple[Webhook, int]:
    """The owner's webhook and the revision it stands at; Refusal `webhook-unknown`."""
    roll, revision = await webhooks_of(edge, owner)
    hook = roll.hook(webhook_id)
    if hook is None:
        raise Refusal("webhook-unknown")
    return hook, revision


async def webhooks_of(edge: Edge, owner: Owner) -> tuple[Webhooks, int]:
    """All of the owner's webhooks, and the revision they stand at (0: there never were any)."""
    entry = await edge.webhooks.get(owner)
    return (entry.value, entry.revision) if entry else (Webhooks(owner=owner, pubkey=""), 0)


def webhook_id_of(request: Request) -> str:
    """The webhook in the path; Refusal `webhook-unknown` for what cannot be one."""
    text = str(request.path_params["id"])
    if not is_token(text):
        raise Refusal("webhook-unknown")
    return text


def _common(edge: Edge, request: Request, proof: Proven, ref: OpRef, body_sha256: str) -> Common:
    return Common(
        op=ref.op,
        owner=ref.owner,
        pubkey=proof.caller.pubkey,
        body_sha256=body_sha256,
        asked_at=utc_text(edge.clock()),
        traceparent=request.scope["mesh.trace"].traceparent,
    )
