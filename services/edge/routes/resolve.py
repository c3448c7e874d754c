"""`GET /v1/resolve/{name}`: open. What any BIP 353 name pays, validated from the DNS root by a dnssec-verifier."""

from typing import assert_never

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from starlette.requests import Request
from starlette.responses import Response

from bus.subjects import RESOLVE
from schemas.base import UNREADABLE, Wire, encode
from schemas.names import Name, NameProblem, parse_name
from schemas.resolve import Absent, Answer, Proof, Resolve, Resolved, ResolveReply, Unresolved, Unusable, decode_reply
from services.edge.answers import json_response
from services.edge.call import Gives, call
from services.edge.context import Edge
from services.edge.parameters import NAME
from services.edge.refusal import Refusal

ANSWER_WITHIN_S = 20.0
"""A walk from the root over slow servers; the verifier has its own deadlines below this."""


class ResolvedName(Wire, frozen=True, kw_only=True):
    """What a name pays, byte for byte as published, and how that is proven; `display` is the name for a person."""

    name: str
    display: str
    uri: str
    verdict: Answer
    proof: Proof


@call(
    "what any BIP 353 name pays, validated from the DNS root",
    Gives(200, ResolvedName, "secure, and exactly one record holds instructions"),
    takes=(NAME,),
    problems=(
        "username-invalid",
        "name-unknown",
        "name-ambiguous",
        "uri-invalid",
        "dnssec-bogus",
        "dnssec-insecure",
        "dnssec-indeterminate",
    ),
)
async def resolve_name(edge: Edge, request: Request) -> Response:
    """200 with the instructions and their proof; a problem that tells absent, unusable and unknown apart."""
    name = parse_name(str(request.path_params["name"]))
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail)
    return answer(name, await _ask(edge, name))


def answer(name: Name, reply: ResolveReply) -> Response:
    """A verifier's reply as HTTP."""
    match reply:
        case Resolved(uri=uri, proof=proof, verdict=verdict):
            return json_response(
                ResolvedName(name=name.text, display=name.display, uri=uri, verdict=verdict, proof=proof)
            )
        case Absent():
            raise Refusal("name-unknown", "DNSSEC proves that there are no payment instructions at the name")
        case (
            Unusable(code=code, detail=detail, verdict=verdict) | Unresolved(code=code, detail=detail, verdict=verdict)
        ):
            raise Refusal(code, detail, members={"verdict": verdict})
    assert_never(reply)


async def _ask(edge: Edge, name: Name) -> ResolveReply:
    try:
        reply = await edge.bus.nc.request(RESOLVE, encode(Resolve(name=name.text)), timeout=ANSWER_WITHIN_S)
        return decode_reply(reply.data)
    except NoRespondersError:
        raise Refusal("dnssec-indeterminate", "no dnssec-verifier is running") from None
    except (NatsError, *UNREADABLE):
        raise Refusal("dnssec-indeterminate", "the dnssec-verifier did not answer") from None
