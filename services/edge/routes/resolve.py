"""`GET /v1/resolve/{name}`: open. What any BIP 353 name pays, validated from the DNS root by a dnssec-verifier.

The proof comes along, so that nobody has to believe us: as RFC 9102 records and as the value of a PSBT's field, in
base64; or the records alone, as they are, for `Accept: application/octet-stream`.
"""

import base64
from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response

from bus.subjects import RESOLVE
from schemas.base import Wire
from schemas.names import Name, NameProblem, parse_name
from schemas.proofs import psbt_value
from schemas.resolve import Absent, Answer, Resolve, Resolved, ResolveReply, Unresolved, Unusable, decode_reply
from services.edge.answers import NO_STORE, json_response
from services.edge.call import Gives, call
from services.edge.context import Edge
from services.edge.parameters import NAME
from services.edge.refusal import Refusal
from services.edge.verifying import ask_verifier

ANSWER_WITHIN_S = 20.0
"""A walk from the root over slow servers; the verifier has its own deadlines below this."""
BYTES = "application/octet-stream"


class ServedProof(Wire, frozen=True, kw_only=True):
    """How the answer is proven (`schemas.resolve.Proof`), and the proof itself in base64: its RFC 9102 `records`, and
    the value of a PSBT's `PSBT_OUT_DNSSEC_PROOF` (BIP 353)."""

    valid_from: int
    valid_until: int
    cache_s: int
    zones: tuple[str, ...]
    records: str
    psbt_out_dnssec_proof: str


class ResolvedName(Wire, frozen=True, kw_only=True):
    """What a name pays, byte for byte as published, and how that is proven; `display` is the name for a person."""

    name: str
    display: str
    uri: str
    verdict: Answer
    proof: ServedProof


@call(
    "what any BIP 353 name pays, validated from the DNS root",
    Gives(200, ResolvedName, "secure, and exactly one record holds instructions"),
    Gives(200, None, "the proof's records alone, as they are", media_type=BYTES),
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
    reply = await ask_verifier(edge, RESOLVE, Resolve(name=name.text), decode_reply, ANSWER_WITHIN_S)
    return answer(name, reply, alone=request.headers.get("accept", "").split(";")[0].strip() == BYTES)


def answer(name: Name, reply: ResolveReply, *, alone: bool = False) -> Response:
    """A verifier's reply as HTTP; `alone`: of a good one, the proof's records and nothing else."""
    match reply:
        case Resolved(records=records) if alone:
            return Response(records, 200, NO_STORE, BYTES)
        case Resolved():
            return json_response(_resolved(name, reply))
        case Absent():
            raise Refusal("name-unknown", "DNSSEC proves that there are no payment instructions at the name")
        case (
            Unusable(code=code, detail=detail, verdict=verdict) | Unresolved(code=code, detail=detail, verdict=verdict)
        ):
            raise Refusal(code, detail, members={"verdict": verdict})
    assert_never(reply)


def _resolved(name: Name, reply: Resolved) -> ResolvedName:
    proof = reply.proof
    return ResolvedName(
        name=name.text,
        display=name.display,
        uri=reply.uri,
        verdict=reply.verdict,
        proof=ServedProof(
            valid_from=proof.valid_from,
            valid_until=proof.valid_until,
            cache_s=proof.cache_s,
            zones=proof.zones,
            records=base64.b64encode(reply.records).decode(),
            psbt_out_dnssec_proof=base64.b64encode(psbt_value(name.text, reply.records)).decode(),
        ),
    )
