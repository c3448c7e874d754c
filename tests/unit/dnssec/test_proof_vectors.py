"""BIP 353's own proofs, verified with the built-in anchors at the time they were made for."""

import json
import random
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.name
import pytest

from schemas.names import pick_payment_txt
from schemas.proofs import psbt_value
from services.dnssec_verifier.chain import anchors
from services.dnssec_verifier.chain.policy import Policy
from services.dnssec_verifier.chain.verdict import Bogus, BogusReason, Indeterminate, Insecure
from services.dnssec_verifier.proof.records import name_at
from services.dnssec_verifier.proof.verify import Holds, ProofVerifier, Result, Unreadable
from tests.unit.dnssec.proof_records import records, type_of

MUTATIONS = 10_000


@dataclass(frozen=True)
class Case:
    """One official proof."""

    raw: dict[str, Any]

    @property
    def proof(self) -> bytes:
        return bytes.fromhex(self.raw["proof_hex"])

    @property
    def name(self) -> dns.name.Name:
        return dns.name.from_text(self.raw["dns_name"])

    @property
    def now(self) -> float:
        return float(self.raw["suggested_now"])

    def verify(self, proof: bytes | None = None, *, now: float | None = None, policy: Policy | None = None) -> Result:
        """What our verifier says."""
        verifier = ProofVerifier(anchors.load(""), policy)
        return verifier.verify(self.proof if proof is None else proof, self.name, self.now if now is None else now)


@pytest.fixture(scope="module")
def cases(vectors: Path) -> dict[str, Case]:
    rows = json.loads((vectors / "bip353_proofs.json").read_text())
    return {row["name"].split("@")[0]: Case(row) for row in rows}


@pytest.mark.parametrize("which", ["simple", "a.x_domain_cname_wild"])
def test_valid_proofs_hold_in_exactly_their_window(cases: dict[str, Case], which: str) -> None:
    case = cases[which]
    result = case.verify()
    assert isinstance(result, Holds), result
    assert pick_payment_txt(list(result.texts)) == case.raw["expected_uri"].encode()
    verdict = result.verdict
    assert (verdict.valid_from, verdict.valid_until) == (case.raw["valid_from"], case.raw["valid_until"])
    assert verdict.cache_s == case.raw["min_original_ttl"]
    for edge in (case.raw["valid_from"], case.raw["valid_until"]):
        assert isinstance(case.verify(now=edge), Holds)
    early, late = case.verify(now=case.raw["valid_from"] - 1), case.verify(now=case.raw["valid_until"] + 1)
    assert isinstance(early, Bogus)
    assert isinstance(late, Bogus)
    assert (early.reason, late.reason) == (BogusReason.SIGNATURE_NOT_YET_VALID, BogusReason.SIGNATURE_EXPIRED)
    assert isinstance(case.verify(now=case.raw["valid_until"] + 3600, policy=Policy(skew_s=3600)), Holds)


def test_two_payment_records_are_proven_and_still_not_to_be_used(cases: dict[str, Case]) -> None:
    result = cases["invalid"].verify()
    assert isinstance(result, Holds)
    assert not isinstance(pick_payment_txt(list(result.texts)), bytes)


@pytest.mark.parametrize("which", ["simple", "a.x_domain_cname_wild"])
def test_every_record_is_needed_and_none_in_any_order(cases: dict[str, Case], which: str) -> None:
    case = cases[which]
    whole, rng = records(case.proof), random.Random(353)
    for missing in range(len(whole)):
        damaged = b"".join(whole[:missing] + whole[missing + 1 :])
        assert not isinstance(case.verify(damaged), Holds), whole[missing]
    for _ in range(20):
        rng.shuffle(whole)
        assert isinstance(case.verify(b"".join(whole)), Holds)
    assert isinstance(case.verify(b"".join([*whole, *whole])), Unreadable | Bogus | Holds)


def test_without_its_nsec3_the_wildcard_is_not_believed(cases: dict[str, Case]) -> None:
    case = cases["a.x_domain_cname_wild"]
    kept = [record for record in records(case.proof) if type_of(record) != 50]
    result = case.verify(b"".join(kept))
    assert isinstance(result, Bogus)
    assert result.reason is BogusReason.WILDCARD_UNPROVEN


def test_the_psbt_field_is_the_vectors(cases: dict[str, Case]) -> None:
    for case in cases.values():
        assert psbt_value(case.raw["name"], case.proof).hex() == case.raw["psbt_value_hex"]


def test_ten_thousand_mutations_never_pay_somebody_else(cases: dict[str, Case]) -> None:
    """Whatever is done to a proof, it holds for the very same instructions or it does not hold."""
    rng = random.Random(20326)
    verifier = ProofVerifier(anchors.load(""))
    accepted = 0
    for number in range(MUTATIONS):
        case = list(cases.values())[number % len(cases)]
        other = rng.choice(list(cases.values()))
        result = verifier.verify(mutated(case.proof, other.proof, rng), case.name, case.now)
        assert isinstance(result, Holds | Unreadable | Bogus | Insecure | Indeterminate)
        if isinstance(result, Holds):
            accepted += 1
            honest = case.verify()
            assert isinstance(honest, Holds)
            assert sorted(result.texts) == sorted(honest.texts)
    assert accepted < MUTATIONS // 5


def mutated(proof: bytes, other: bytes, rng: random.Random) -> bytes:
    """`proof` with one to three wounds: bits, bytes, whole records, or records of another proof."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(max(1, len(proof)))
        match rng.randrange(8):
            case 0 | 1 | 2:
                damaged = bytearray(proof or b"\0")
                damaged[at % len(damaged)] ^= 1 << rng.randrange(8)
                proof = bytes(damaged)
            case 3:
                proof = proof[:at] + rng.randbytes(rng.randrange(1, 4)) + proof[at:]
            case 4:
                proof = proof[:at] + proof[at + rng.randrange(1, 40) :]
            case 5:
                proof = proof[:at]
            case kind:
                proof = _shuffled(proof, other, rng) if kind == 6 else _grafted(proof, other, rng)
    return proof


def _shuffled(proof: bytes, _other: bytes, rng: random.Random) -> bytes:
    try:
        parts = records(proof)
    except (ValueError, struct.error, IndexError):
        return proof
    rng.shuffle(parts)
    return b"".join(parts[rng.randrange(2) :])


def _grafted(proof: bytes, other: bytes, rng: random.Random) -> bytes:
    """One record's data replaced by another's of the same type, or one more record of another proof."""
    try:
        parts = records(proof)
    except (ValueError, struct.error, IndexError):
        return proof
    foreign = records(other)
    index = rng.randrange(max(1, len(parts)))
    fitting = [part for part in foreign if index < len(parts) and type_of(part) == type_of(parts[index])]
    if fitting and rng.randrange(2):
        owner, donor = parts[index], rng.choice(fitting)
        parts[index] = owner[: name_at(owner, 0)[1]] + donor[name_at(donor, 0)[1] :]
    else:
        parts.append(rng.choice(foreign))
    return b"".join(parts)
