"""Asking a dnssec-verifier whether an RFC 9102 proof holds: request and reply of `bus.tables.subjects.VERIFY_PROOF`.

A proof is judged by its bytes and our trust anchors alone; nothing is asked of the world. That it holds and that what
it proves may be paid are one answer: a payer needs both (BIP 353).
"""

from typing import Literal

import msgspec

from schemas.base import Wire
from schemas.resolve import Proof

MOST_PROOF_BYTES = 65_535
"""What BLIP 32 can carry; real proofs have 1.5 to 6 KB."""
MOST_NAME_BYTES = 255

ProofVerdict = Literal["secure", "insecure", "bogus", "indeterminate", "unreadable"]
"""What DNSSEC says (RFC 4035 §4.3); `unreadable`: the bytes are no proof at all."""


class VerifyProof(Wire, frozen=True, kw_only=True):
    """The question: does `proof` (RFC 9102 bytes, base64 in JSON) prove what `name` pays, now?"""

    name: str
    proof: bytes


class ProofReply(Wire, frozen=True, kw_only=True, tag_field="result"):
    """What every reply says: `name` is `user@domain`, lower-case."""

    name: str
    verdict: ProofVerdict


class ProofHolds(ProofReply, frozen=True, kw_only=True, tag="holds"):
    """It proves that the name pays `uri`, in the window and for as long as `proof` says."""

    owner_name: str
    uri: str
    proof: Proof


class ProofFails(ProofReply, frozen=True, kw_only=True, tag="fails"):
    """It does not. `reason` is stable, for programs; `where` is a name and type in it, or empty.

    `explanation` says in plain words what is wrong and what helps. With the verdict `secure` the proof itself holds,
    but what it proves must not be paid.
    """

    reason: str
    where: str
    explanation: str


ProofAnswer = ProofHolds | ProofFails


def decode_proof_answer(payload: bytes) -> ProofAnswer:
    """The reply in `payload`; raises msgspec.DecodeError for anything else."""
    answer: ProofAnswer = msgspec.json.decode(payload, type=ProofAnswer)
    return answer


def psbt_value(name: str, proof: bytes) -> bytes:
    """The value of a PSBT's `PSBT_OUT_DNSSEC_PROOF` (type 0x35, BIP 353): `user@domain` without ₿, then the proof.

    Raises ValueError for a name that does not fit.
    """
    text = name.encode("ascii")
    if len(text) > MOST_NAME_BYTES:
        raise ValueError("a name in a PSBT has at most 255 bytes")
    return bytes([len(text)]) + text + proof
