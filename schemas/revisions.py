"""`X-Revision`: how far somebody has seen a view, as text that any edge understands. Opaque to clients.

`<bucket>=<epoch>:<sequence>`, several separated by commas. An epoch is one life of a bucket: sequences of two lives
cannot be compared. `0` is an epoch that nobody could prove. A bare number is a sequence of the bucket `names`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

UNPROVEN = "0"
LEGACY_BUCKET = "names"
MAX_CHARS = 512

_BARE = re.compile(r"[0-9]{1,15}")
_ONE = re.compile(r"([a-z][a-z0-9-]{0,31})=([0-9a-f]{1,16}):([0-9]{1,15})")
_DAWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Revision:
    """Sequence `seq` of `bucket` in its life `epoch`; an empty `epoch` is whichever the reader is in."""

    bucket: str
    epoch: str
    seq: int

    @property
    def text(self) -> str:
        """What is sent."""
        return f"{self.bucket}={self.epoch}:{self.seq}"


@dataclass(frozen=True, slots=True)
class RevisionProblem:
    """The text is no revision; `detail` is for a person and repeats nothing of it."""

    detail: str = "X-Revision must be what an earlier answer gave, or several of those separated by commas"


def parse_revisions(text: str) -> tuple[Revision, ...] | RevisionProblem:
    """The revisions in `text`, in order; none in an empty one."""
    if len(text) > MAX_CHARS:
        return RevisionProblem(f"X-Revision may have at most {MAX_CHARS} characters")
    found: list[Revision] = []
    for part in filter(None, (part.strip(" \t") for part in text.split(","))):
        if _BARE.fullmatch(part):
            found.append(Revision(LEGACY_BUCKET, "", int(part)))
        elif match := _ONE.fullmatch(part):
            found.append(Revision(match[1], match[2], int(match[3])))
        else:
            return RevisionProblem()
    return tuple(found)


def epoch_of(created: str) -> str:
    """The epoch of a bucket that was made at `created` (RFC 3339): its microseconds since 1970, in hex."""
    return f"{(datetime.fromisoformat(created) - _DAWN) // timedelta(microseconds=1):x}"
