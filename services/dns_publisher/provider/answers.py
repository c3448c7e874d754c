"""What came of asking whoever serves a zone, as types: done, refused with a meaning, or unknown.

Unknown (no answer, a server's own failure, an answer that cannot be read) means that a change may or may not have been
made: the caller has to look.
"""

from dataclasses import dataclass
from enum import Enum


class Meaning(Enum):
    """What a refusal says."""

    LIMITED = "we ask too often"
    EXISTS = "the record is there already"
    GONE = "the record is not there"
    CHANGED = "the name is no longer as we saw it"
    QUOTA = "the zone is full"
    CONFLICT = "another kind of record stands at the name"
    INVALID = "the record is not valid"
    CREDENTIALS = "our token or key is not accepted"
    ZONE = "the zone is not known"
    ODD = "an error we have no rule for"


@dataclass(frozen=True, slots=True)
class Accepted:
    """It was done."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done. `detail` quotes codes and texts; `retry_after_s` is set when we are to wait."""

    meaning: Meaning
    detail: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have been done."""

    detail: str


Answer = Accepted | Refused | Unknown
