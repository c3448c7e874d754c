"""`POST /v1/nodes`: hand a sealed mnemonic (or the sealed answer of the owner's device, or nothing, for its wallet to
approve) to a node-manager, then ask for the node it belongs to.

The box goes by core request on the account without JetStream and nowhere else; what is stored is the public node id
that node-manager read from it. Sending again under the same Idempotency-Key hands the box over again (that is how a
seed lost with its process comes back) and is the same operation.
"""

from typing import Annotated, assert_never

import msgspec
from msgspec import Meta
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from starlette.requests import Request
from starlette.responses import Response

from bus.client.connection import Bus
from bus.operations.facts import OpRef
from bus.tables import subjects
from schemas.base import UNREADABLE, encode, utc_text
from schemas.ids import op_of
from schemas.nodes import Door, NodeId
from schemas.requests import Network, NodeRegister
from schemas.sealed import SeedAccepted, SeedDelivery, SeedRefused, SeedReply
from services.edge.asking.canonical import digest
from services.edge.asking.patience import patience
from services.edge.asking.requests import ask, idempotency_key_of, same_or_conflict, stands
from services.edge.callers.auth import Caller, authorization_of, prove, spend
from services.edge.context import Edge
from services.edge.looking.following import view_of
from services.edge.web.answers import operation_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, PREFER
from services.edge.web.refusal import Refusal

OPEN_WITHIN_S = 5.0
NO_TRANSPORT = "this mesh has no sealed transport: its bus runs without authentication"
TRIES = 2
"""A lost answer is asked for again: opening the same box twice is the same seed, or answer."""


class SealedSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed box (base64) for the node-manager process `instance`, made with its key `kid`."""

    instance: Annotated[str, Meta(pattern=r"\A[a-z0-9]{1,26}\Z")]
    kid: Annotated[str, Meta(min_length=1, max_length=64)]
    box: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9+/]{1,8192}={0,2}\Z")]

    def __repr__(self) -> str:
        return f"SealedSeed(instance={self.instance!r}, kid={self.kid!r})"


class PairingBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The node (its public key, 66 hex) whose wallet is asked to take in a device of ours."""

    node_id: NodeId


class NodeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of the call: one of `sealed` (a mnemonic), `answer` (to `POST /v1/nodes/devices`), `cln` (how to reach
    your own Core Lightning, sealed like the others) and `pairing`.

    `network` must be the one this mesh serves; absent means just that.
    """

    sealed: SealedSeed | None = None
    answer: SealedSeed | None = None
    cln: SealedSeed | None = None
    pairing: PairingBody | None = None
    network: Network | None = None


@call(
    "register a node, or recover it: by its sealed mnemonic, its device's sealed answer, or its wallet's approval",
    ACCEPTED,
    auth="owner",
    body=NodeBody,
    takes=(IDEMPOTENCY_KEY, PREFER),
    problems=(
        "sealing-key-unknown",
        "sealed-box-invalid",
        "mnemonic-invalid",
        "device-unknown",
        "device-answer-invalid",
        "cln-access-invalid",
        "no-node-manager",
    ),
)
async def register_node(edge: Edge, request: Request) -> Response:
    """202 with the operation that registers (or recovers) the caller's node."""
    require_json(request)
    key = idempotency_key_of(request)
    authorization_of(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    caller = prove(edge, request, "POST", raw)
    body = decode_body(raw, NodeBody)
    network = _network(edge, body)
    await spend(edge, caller)
    door, node_id = await _brought(edge, body, caller, key)
    register = _register(edge, request, caller, key, network, node_id, door)
    ref = OpRef(caller.owner, register.op)
    async with patience(edge.bus):
        standing = await stands(edge, ref) or await ask(edge, register)
    same_or_conflict(standing, register.body_sha256)
    return await operation_response(edge, request, ref, view_of(standing))


async def _brought(edge: Edge, body: NodeBody, caller: Caller, key: str) -> tuple[Door, str]:
    """By which door the node comes, and its id (66 hex); what was sealed is handed over. Refusal."""
    match body:
        case NodeBody(sealed=SealedSeed() as sealed, answer=None, cln=None, pairing=None):
            return "seed", await deliver(edge.sec, subjects.seed_open(sealed.instance), sealed, caller, key)
        case NodeBody(sealed=None, answer=SealedSeed() as sealed, cln=None, pairing=None):
            return "challenge", await deliver(edge.sec, subjects.door_answer(sealed.instance), sealed, caller, key)
        case NodeBody(sealed=None, answer=None, cln=SealedSeed() as sealed, pairing=None):
            return "cln", await deliver(edge.sec, subjects.door_answer(sealed.instance), sealed, caller, key)
        case NodeBody(sealed=None, answer=None, cln=None, pairing=PairingBody(node_id=node_id)):
            return "pairing", node_id
    raise Refusal("invalid-body", "exactly one of `sealed`, `answer`, `cln` and `pairing` is needed")


async def deliver(sec: Bus | None, subject: str, sealed: SealedSeed, caller: Caller, key: str) -> str:
    """Hand the box to its node-manager; the node id (66 hex) it found. Refusal with node-manager's code otherwise."""
    if sec is None:
        raise Refusal("no-node-manager", NO_TRANSPORT)
    delivery = SeedDelivery(
        op=op_of(caller.owner, key),
        owner=caller.owner,
        owner_pubkey=caller.pubkey,
        idempotency_key=key,
        kid=sealed.kid,
        box=sealed.box,
    )
    reply = await _request(sec, subject, encode(delivery))
    match reply:
        case SeedAccepted(node_id=node_id):
            return node_id
        case SeedRefused(code=code, detail=detail):
            raise Refusal(code, detail)
    assert_never(reply)


async def _request(sec: Bus, subject: str, payload: bytes) -> SeedReply:
    for _ in range(TRIES):
        try:
            answer = await sec.nc.request(subject, payload, timeout=OPEN_WITHIN_S)
            reply: SeedReply = msgspec.json.decode(answer.data, type=SeedReply)
        except NoRespondersError:
            raise Refusal("sealing-key-unknown") from None
        except (NatsError, *UNREADABLE):
            continue
        return reply
    raise Refusal("no-node-manager", "the node-manager did not answer; send the same request again")


def _network(edge: Edge, body: NodeBody) -> Network:
    network: Network = msgspec.convert(edge.settings.network, Network)
    if body.network not in (None, network):
        raise Refusal("invalid-body", f"this mesh serves {network} - at `$.network`")
    return network


def _register(
    edge: Edge, request: Request, caller: Caller, key: str, network: Network, node_id: str, door: Door
) -> NodeRegister:
    # A seed is what stands behind a request that names no door: as it was before there were others.
    named = {} if door == "seed" else {"door": door}
    return NodeRegister(
        op=op_of(caller.owner, key),
        owner=caller.owner,
        pubkey=caller.pubkey,
        body_sha256=digest("node.register", nodeId=node_id, network=network, **named),
        asked_at=utc_text(edge.clock()),
        traceparent=request.scope["mesh.trace"].traceparent,
        node_id=node_id,
        network=network,
        door=door,
    )
