"""What a chain walk can say, as types; `Stop` carries a verdict out of the depths to the walker, and no further."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class BogusReason(StrEnum):
    """Why a chain does not hold."""

    SIGNATURE_MISSING = "signature-missing"
    SIGNATURE_WRONG = "signature-wrong"
    SIGNATURE_EXPIRED = "signature-expired"
    SIGNATURE_NOT_YET_VALID = "signature-not-yet-valid"
    SIGNER_WRONG = "signer-wrong"
    LABELS_WRONG = "labels-wrong"
    KEY_UNKNOWN = "key-unknown"
    ALGORITHM_REFUSED = "algorithm-refused"
    DNSKEY_MISSING = "dnskey-missing"
    DS_MISMATCH = "ds-mismatch"
    DS_UNPROVEN = "ds-absence-unproven"
    WILDCARD_UNPROVEN = "wildcard-unproven"
    WILDCARD_FORBIDDEN = "wildcard-forbidden"
    ABSENCE_UNPROVEN = "absence-unproven"
    ANSWER_MISSING = "answer-missing"
    ALIAS_LOOP = "alias-loop"
    ALIAS_INVALID = "alias-invalid"
    TOO_MANY_KEYS = "too-many-keys"
    TOO_MANY_SIGNATURES = "too-many-signatures"
    TOO_MANY_RECORDS = "too-many-records"
    TOO_MANY_HASHES = "too-many-hashes"


_TELLING = (
    BogusReason.SIGNATURE_WRONG,
    BogusReason.SIGNATURE_EXPIRED,
    BogusReason.SIGNATURE_NOT_YET_VALID,
    BogusReason.LABELS_WRONG,
    BogusReason.KEY_UNKNOWN,
    BogusReason.ALGORITHM_REFUSED,
    BogusReason.SIGNER_WRONG,
)


def most_telling(reasons: Collection[BogusReason]) -> BogusReason:
    """What is told when several signatures fail, each for one of `reasons`."""
    return next(reason for reason in _TELLING if reason in reasons)


class IndeterminateReason(StrEnum):
    """Why nothing could be found out."""

    UNREACHABLE = "unreachable"
    LAME = "lame-delegation"
    NO_ADDRESS = "no-server-address"
    TOO_MANY_QUERIES = "too-many-queries"
    TOO_MANY_ZONES = "too-many-zones"
    TOO_SLOW = "too-slow"
    NSEC3_ITERATIONS = "too-many-nsec3-iterations"


@dataclass(frozen=True, slots=True)
class Secure:
    """Proven from the anchors through `zones` (root first). Holds in [valid_from, valid_until], unix seconds.

    `cache_s`: seconds the answer may be kept, never above the lowest original TTL in the chain (BIP 353).
    """

    valid_from: int
    valid_until: int
    cache_s: int
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insecure:
    """`zone` is provably not signed, or only with what we may ignore (RFC 4035 §5.2), or opted out (RFC 5155 §6)."""

    zone: str


@dataclass(frozen=True, slots=True)
class Bogus:
    """The chain does not hold: `reason`, at `where` (a name and type)."""

    reason: BogusReason
    where: str


@dataclass(frozen=True, slots=True)
class Indeterminate:
    """We could not find out: `reason`, at `where`."""

    reason: IndeterminateReason
    where: str


Failure = Insecure | Bogus | Indeterminate
Verdict = Secure | Failure


class Stop(Exception):
    """The walk cannot go on; `verdict` is its result. Raised and caught inside `chain` only."""

    def __init__(self, verdict: Failure) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


def bogus(reason: BogusReason, where: object) -> Stop:
    """A Stop with a Bogus verdict."""
    return Stop(Bogus(reason, str(where)))


def indeterminate(reason: IndeterminateReason, where: object) -> Stop:
    """A Stop with an Indeterminate verdict."""
    return Stop(Indeterminate(reason, str(where)))
