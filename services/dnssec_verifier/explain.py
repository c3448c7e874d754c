"""Why a chain or a proof does not hold, in plain words: one table, complete over every reason a verdict can have."""

from collections.abc import Mapping
from typing import assert_never

from services.dnssec_verifier.chain.verdict import (
    Bogus,
    BogusReason,
    Failure,
    Indeterminate,
    IndeterminateReason,
    Insecure,
)

Reason = BogusReason | IndeterminateReason

SENTENCES: Mapping[Reason, str] = {
    BogusReason.SIGNATURE_MISSING: "the records carry no signature although their zone is signed",
    BogusReason.SIGNATURE_WRONG: "the signature does not fit the records: one or the other was changed",
    BogusReason.SIGNATURE_EXPIRED: "the signature has expired; a fresh proof helps, or a right clock",
    BogusReason.SIGNATURE_NOT_YET_VALID: "the signature begins to hold only later; a right clock helps, or waiting",
    BogusReason.SIGNER_WRONG: "the signature was made by a zone that may not sign these records",
    BogusReason.LABELS_WRONG: "the signature was made for a name of another length",
    BogusReason.KEY_UNKNOWN: "the signature names a key that its zone does not vouch for",
    BogusReason.ALGORITHM_REFUSED: "the signature uses an algorithm that is too weak or that nobody should use",
    BogusReason.DNSKEY_MISSING: "the keys of the zone are missing",
    BogusReason.DS_MISMATCH: "the zone has no key that its parent vouches for; for the root: none of our trust anchors",
    BogusReason.DS_UNPROVEN: "the parent neither vouches for the zone nor proves that the zone is unsigned",
    BogusReason.WILDCARD_UNPROVEN: "the answer comes from a wildcard, and nothing proves that no closer name exists",
    BogusReason.WILDCARD_FORBIDDEN: "a wildcard's signature stands where only an exact name may",
    BogusReason.ABSENCE_UNPROVEN: "it is said that there is nothing, and that is not proven",
    BogusReason.ANSWER_MISSING: "there is no answer about the name: it is for another name, or a record was left out",
    BogusReason.ALIAS_LOOP: "the aliases lead in a circle, or there are too many of them",
    BogusReason.ALIAS_INVALID: "an alias has several targets, or one that is no name",
    BogusReason.TOO_MANY_KEYS: "the zone has more keys than any honest zone, so it was not worked through",
    BogusReason.TOO_MANY_SIGNATURES: "there are more signatures than any honest answer has, so not all were tried",
    BogusReason.TOO_MANY_RECORDS: "there are more records than any honest answer has",
    BogusReason.TOO_MANY_HASHES: "proving the absence would take more hashing than any honest zone needs",
    IndeterminateReason.UNREACHABLE: "no server of the zone gave a useful answer in time",
    IndeterminateReason.LAME: "the servers that the parent names do not answer for the zone",
    IndeterminateReason.NO_ADDRESS: "no address of the zone's servers could be found",
    IndeterminateReason.TOO_MANY_QUERIES: "finding out would take more questions than any honest name needs",
    IndeterminateReason.TOO_MANY_ZONES: "the name lies in more zones than we follow",
    IndeterminateReason.TOO_SLOW: "finding out took too long; trying again may help",
    IndeterminateReason.NSEC3_ITERATIONS: "the zone hashes its names more often than we compute (RFC 9276: once)",
}

UNSIGNED = "the zone is not signed, or in a way that we may not rely on: DNSSEC proves nothing about the name"
UNREADABLE = "these bytes are not an RFC 9102 proof"


def explain(failure: Failure) -> str:
    """One sentence for a person: what is wrong, and what helps where something does."""
    match failure:
        case Insecure():
            return UNSIGNED
        case Bogus(reason=reason) | Indeterminate(reason=reason):
            return SENTENCES[reason]
        case _ as never:
            assert_never(never)
