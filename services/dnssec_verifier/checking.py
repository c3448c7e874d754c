"""Somebody's proof, judged: does it hold, and may what it proves be paid? Nothing is asked of anybody."""

from typing import assert_never

from schemas import bip321
from schemas.names import Name, NameProblem, NoPaymentTxt, SeveralPaymentTxt, parse_name, pick_payment_txt
from schemas.proofs import ProofAnswer, ProofFails, ProofHolds, VerifyProof
from services.dnssec_verifier.chain.verdict import Bogus, Indeterminate, Insecure
from services.dnssec_verifier.explain import UNREADABLE, explain
from services.dnssec_verifier.names import dns_name
from services.dnssec_verifier.proof.verify import Holds, ProofVerifier, Result, Unreadable
from services.dnssec_verifier.resolving import proof_of


def check(verifier: ProofVerifier, request: VerifyProof, now: float) -> ProofAnswer:
    """The answer to `request` at `now` (unix seconds)."""
    name = parse_name(request.name)
    if isinstance(name, NameProblem):
        return ProofFails(name="", verdict="indeterminate", reason=name.code, where="", explanation=name.detail)
    return answer_of(name, verifier.verify(request.proof, dns_name(name), now))


def answer_of(name: Name, result: Result) -> ProofAnswer:
    """What the verifier's `result` means for who wants to pay `name`."""
    match result:
        case Holds():
            return _payable(name, result)
        case Unreadable(detail):
            return ProofFails(
                name=name.text,
                verdict="unreadable",
                reason="not-a-proof",
                where="",
                explanation=f"{UNREADABLE}: {detail}",
            )
        case Insecure(zone):
            return ProofFails(
                name=name.text, verdict="insecure", reason="unsigned", where=zone, explanation=explain(result)
            )
        case Bogus(reason, where):
            return ProofFails(
                name=name.text, verdict="bogus", reason=reason.value, where=where, explanation=explain(result)
            )
        case Indeterminate(reason, where):
            return ProofFails(
                name=name.text, verdict="indeterminate", reason=reason.value, where=where, explanation=explain(result)
            )
        case _ as never:
            assert_never(never)


def _payable(name: Name, holds: Holds) -> ProofAnswer:
    picked = pick_payment_txt(holds.texts)
    match picked:
        case NoPaymentTxt() | SeveralPaymentTxt():
            return _unusable(name, picked.code, picked.detail)
        case bytes():
            uri = picked.decode("ascii", "replace")
            problem = bip321.parse(uri)
            if isinstance(problem, bip321.UriProblem):
                return _unusable(name, problem.code, problem.detail)
            return ProofHolds(
                name=name.text, verdict="secure", owner_name=name.owner_name, uri=uri, proof=proof_of(holds.verdict)
            )
        case _ as never:
            assert_never(never)


def _unusable(name: Name, reason: str, detail: str) -> ProofFails:
    explanation = f"the proof itself holds, but what it proves must not be paid: {detail}"
    return ProofFails(name=name.text, verdict="secure", reason=reason, where=name.owner_name, explanation=explanation)
