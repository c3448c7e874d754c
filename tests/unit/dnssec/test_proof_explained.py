"""What a person is told about a proof: every reason has a sentence, and every kind of result becomes an answer."""

import base64
from typing import get_args

import pytest

from schemas.names import Name
from schemas.proofs import ProofFails, ProofHolds, VerifyProof, psbt_value
from services.dnssec_verifier.chain.verdict import Bogus, BogusReason, Indeterminate, IndeterminateReason, Insecure
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.checking import answer_of, check
from services.dnssec_verifier.explain import SENTENCES, explain
from services.dnssec_verifier.proof.build import build
from services.dnssec_verifier.proof.verify import ProofVerifier, Result, Unreadable
from services.mesh.verify import proof_in, told
from tests.unit.dnssec.signed_world import ALICE, NOW, Shop, rrset, shop_world

NAME = Name("alice", "shop.test")
EVERY_REASON = [*BogusReason, *IndeterminateReason]


def test_every_reason_has_its_own_sentence() -> None:
    assert set(SENTENCES) == set(EVERY_REASON)
    assert len(set(SENTENCES.values())) == len(EVERY_REASON)
    for sentence in SENTENCES.values():
        assert len(sentence.split()) >= 6
        assert not any(mark in sentence for mark in ("_", "RRSIG", "DNSKEY", "NSEC"))


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_every_failing_verdict_is_told_with_reason_place_and_sentence(
    reason: BogusReason | IndeterminateReason,
) -> None:
    failure = Bogus(reason, "x. TXT") if isinstance(reason, BogusReason) else Indeterminate(reason, "x. TXT")
    answer = answer_of(NAME, failure)
    assert isinstance(answer, ProofFails)
    assert (answer.reason, answer.where, answer.explanation) == (reason.value, "x. TXT", SENTENCES[reason])
    lines = told(NAME, answer)
    assert SENTENCES[reason] in lines[1]
    assert reason.value in lines[2]


def test_every_kind_of_result_is_an_answer() -> None:
    told_apart = {type(kind): answer_of(NAME, kind).verdict for kind in (Unreadable("cut"), Insecure("x."))}
    assert told_apart == {Unreadable: "unreadable", Insecure: "insecure"}
    assert {Unreadable, Insecure, Bogus, Indeterminate} < set(get_args(Result))
    assert explain(Insecure("x.")) not in SENTENCES.values()


async def proof_of(shop: Shop) -> bytes:
    answer = await shop.walker().resolve(ALICE, rrset("x.", 1, "TXT", "x").rdtype)
    assert isinstance(answer, Answer)
    return build(answer.evidence)


async def test_a_proof_that_holds_says_what_to_pay_and_for_how_long() -> None:
    shop = shop_world()
    verifier = ProofVerifier([shop.root.ds()])
    answer = check(verifier, VerifyProof(name="₿Alice@Shop.Test", proof=await proof_of(shop)), NOW)
    assert isinstance(answer, ProofHolds)
    assert (answer.name, answer.uri, answer.proof.cache_s) == ("alice@shop.test", "bitcoin:?lno=lno1alice", 300)
    assert any("bitcoin:?lno=lno1alice" in line for line in told(NAME, answer))


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["bitcoin:?lno=lno1a", "bitcoin:?lno=lno1b"], "name-ambiguous"),
        (["v=spf1 -all"], "name-unknown"),
        (["bitcoin:?req-strange=1"], "uri-invalid"),
    ],
)
async def test_what_is_proven_and_must_not_be_paid(texts: list[str], reason: str) -> None:
    shop = shop_world()
    shop.shop.add(rrset(str(ALICE), 300, "TXT", *(f'"{text}"' for text in texts)))
    verifier = ProofVerifier([shop.root.ds()])
    answer = check(verifier, VerifyProof(name=NAME.text, proof=await proof_of(shop)), NOW)
    assert isinstance(answer, ProofFails)
    assert (answer.verdict, answer.reason) == ("secure", reason)


def test_what_is_no_name_is_no_question() -> None:
    answer = check(ProofVerifier([shop_world().root.ds()]), VerifyProof(name="no name", proof=b""), NOW)
    assert isinstance(answer, ProofFails)
    assert answer.reason == "username-invalid"


async def test_a_file_may_hold_it_in_any_usual_form() -> None:
    proof = await proof_of(shop_world())
    in_psbt = psbt_value(NAME.text, proof)
    for whole in (proof, in_psbt):
        for content in (whole, whole.hex().encode(), base64.b64encode(whole) + b"\n", base64.encodebytes(whole)):
            assert proof_in(content, NAME) == proof
