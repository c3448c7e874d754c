"""Proofs of our own names, kept at hand: made anew at half their window and whenever the record changes.

A kept proof is what `resolving` falls back on when the world cannot be asked. It is believed no more than a stranger's:
it is verified again from the anchors at the moment it is given out, so never beyond its window; and only while the name
is live, pays what the proof says, and its offer has not expired.
"""

from collections.abc import Callable
from dataclasses import dataclass

import dns.rdatatype
import structlog

from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from schemas.names import Name, name_key, name_of_key
from schemas.proofs import ProofHolds, VerifyProof
from schemas.records import KeptProof, NameRecord
from schemas.resolve import Resolved
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.checking import check
from services.dnssec_verifier.names import dns_name
from services.dnssec_verifier.proof.verify import ProofVerifier
from services.dnssec_verifier.resolving import reply_of

AGAIN_S = 60.0
"""How soon to try again what could not be proven."""

log = structlog.stdlib.get_logger("dnssec-verifier")


@dataclass(frozen=True, slots=True)
class ProofKeeper:
    """Keeps proofs of live `names` in `proofs`. `clock` gives unix seconds."""

    names: Mirror[NameRecord]
    proofs: Bucket[KeptProof]
    walker: Walker
    verifier: ProofVerifier
    clock: Callable[[], float]

    async def renew(self, key: str, record: NameRecord) -> float:
        """See that a good proof of `record`, which stands under `key`, is kept; in how many seconds to look again."""
        entry, revision = await self.proofs.standing(key)
        left = renewal_at(entry.value) - self.clock() if entry and entry.value.uri == record.uri else 0.0
        if left > 0:
            return left
        name = name_of_key(key)
        reply = reply_of(name, await self.walker.resolve(dns_name(name), dns.rdatatype.TXT))
        if not isinstance(reply, Resolved) or reply.uri != record.uri:
            return AGAIN_S
        proof = KeptProof(
            name=name.text,
            uri=reply.uri,
            records=reply.records,
            valid_until=reply.proof.valid_until,
            made_at=int(self.clock()),
        )
        if await self.proofs.update(key, proof, revision) is None:
            return AGAIN_S
        log.info("proof.kept", name=name.text, valid_until=proof.valid_until, size=len(proof.records))
        return max(0.0, renewal_at(proof) - self.clock())

    async def forget(self, key: str) -> None:
        """The name is not live any more."""
        await self.proofs.delete(key)

    async def find(self, name: Name) -> Resolved | None:
        """What `name` pays by a kept proof that holds now; None if there is none that may be given out."""
        key, now = name_key(name), self.clock()
        standing = await self.names.read(key)
        entry = await self.proofs.get(key) if standing else None
        if standing is None or entry is None or not may_be_given(entry.value, standing.value, now):
            return None
        answer = check(self.verifier, VerifyProof(name=name.text, proof=entry.value.records), now)
        if not isinstance(answer, ProofHolds) or answer.uri != entry.value.uri:
            return None
        return Resolved(
            name=name.text,
            verdict="secure",
            owner_name=name.owner_name,
            uri=answer.uri,
            proof=answer.proof,
            records=entry.value.records,
            made_at=entry.value.made_at,
        )


def renewal_at(proof: KeptProof) -> float:
    """When (unix seconds) half of the window that was left when `proof` was made has passed."""
    return (proof.made_at + proof.valid_until) / 2


def may_be_given(proof: KeptProof, record: NameRecord, now: float) -> bool:
    """Whether the name still pays what `proof` says."""
    expired = record.offer_expires_at is not None and now >= record.offer_expires_at
    return record.state == "active" and record.uri == proof.uri and not expired
