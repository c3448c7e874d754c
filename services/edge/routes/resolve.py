"""`GET /v1/resolve/{name}`: open. What any BIP 353 name pays, validated from the DNS root by a dnssec-verifier.

The proof comes along, so that nobody has to believe us: as RFC 9102 records and as the value of a PSBT's field, in
base64; or the records alone, as they are, for `Accept: application/octet-stream`.
"""

from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response

from bus.tables.subjects import RESOLVE
from schemas.base import Wire
from schemas.names import Name, NameProblem, parse_name
from schemas.proofs import psbt_value
from schemas.resolve import Absent, Answer, Proof, Resolve, Resolved, ResolveReply, Unresolved, Unusable, decode_reply
from services.edge.asking.verifying import ask_verifier
from services.edge.context import Edge
from services.edge.web.answers import NO_STORE, json_response
from services.edge.web.call import Gives, call
from services.edge.web.parameters import NAME
from services.edge.web.refusal import Refusal

ANSWER_WITHIN_S = 20.0
"""A walk from the root over slow servers; the verifier has its own deadlines below this."""
BYTES = "application/octet-stream"


class ResolvedName(Wire, frozen=True, kw_only=True):
    """What a name pays, byte for byte as published, and how that is proven; `display` is the name for a person.

    `records` are the proof (RFC 9102), `psbt_out_dnssec_proof` the value of a PSBT's field 0x35 (BIP 353); base64.
    `made_at` (unix seconds) is null unless DNS could not be asked now, and the proof is one of a name of ours that was
    kept since then: it holds, but the record may have changed since.
    """

    name: str
    display: str
    uri: str
    verdict: Answer
    proof: Proof
    records: bytes
    psbt_out_dnssec_proof: bytes
    made_at: int | None = None


@call(
    "what any BIP 353 name pays, validated from the DNS root, and the proof",
    Gives(200, ResolvedName, "secure, and exactly one record holds instructions"),
    Gives(200, bytes, "the records of the proof alone (RFC 9102), for who accepts only that", media_type=BYTES),
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
        case Resolved(uri=uri, proof=proof, verdict=verdict, records=records, made_at=made_at):
            return json_response(
                ResolvedName(
                    name=name.text,
                    display=name.display,
                    uri=uri,
                    verdict=verdict,
                    proof=proof,
                    records=records,
                    psbt_out_dnssec_proof=psbt_value(name.text, records),
                    made_at=made_at,
                )
            )
        case Absent():
            raise Refusal("name-unknown", "DNSSEC proves that there are no payment instructions at the name")
        case (
            Unusable(code=code, detail=detail, verdict=verdict) | Unresolved(code=code, detail=detail, verdict=verdict)
        ):
            raise Refusal(code, detail, members={"verdict": verdict})
    assert_never(reply)
