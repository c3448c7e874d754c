"""`POST /v1/proofs/verify`: open. Does an RFC 9102 proof hold, and if not, why. Bounded by the size of a body."""

from starlette.requests import Request
from starlette.responses import Response

from bus.tables.subjects import VERIFY_PROOF
from schemas.names import NameProblem, parse_name
from schemas.proofs import ProofAnswer, VerifyProof, decode_proof_answer
from services.edge.asking.verifying import ask_verifier
from services.edge.context import Edge
from services.edge.web.answers import json_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import Gives, call
from services.edge.web.refusal import Refusal

ANSWER_WITHIN_S = 5.0


@call(
    "whether a proof of a name (RFC 9102, base64) holds, and if not, why, in plain words",
    Gives(200, ProofAnswer, "it holds, or it fails and why: both are answers"),
    body=VerifyProof,
    problems=("username-invalid", "dnssec-indeterminate"),
)
async def verify_proof(edge: Edge, request: Request) -> Response:
    """200 whether it holds or fails: both are answers to the question."""
    require_json(request)
    question = decode_body(await read_body(request, edge.settings.max_body_bytes), VerifyProof)
    name = parse_name(question.name)
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail)
    asked = VerifyProof(name=name.text, proof=question.proof)
    return json_response(await ask_verifier(edge, VERIFY_PROOF, asked, decode_proof_answer, ANSWER_WITHIN_S))
