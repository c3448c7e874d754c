"""What a writer had acknowledged, what readers were told, how far apart the two were. Times are monotonic seconds."""

import bisect
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Ack:
    """Write `number` was acknowledged at `at`; `token` demands it."""

    number: int
    at: float
    token: str


@dataclass(frozen=True, slots=True)
class Read:
    """A read that began at `began` and told `number`; `proven` if the mirror held the very same write."""

    began: float
    number: int
    proven: bool


@dataclass(slots=True)
class Story:
    """Acks in order; `lives` counts the times that the bucket was made again, and is odd while it is being made."""

    acks: list[Ack] = field(default_factory=list)
    lives: int = 0

    def acked_before(self, moment: float) -> int:
        """The number of the newest write that was acknowledged before `moment`; 0 for none."""
        index = bisect.bisect_left(self.acks, moment, key=lambda ack: ack.at)
        return self.acks[index - 1].number if index else 0

    def staleness(self, read: Read) -> float:
        """For how long something newer than what `read` told had been acknowledged when it began; 0 if nothing had."""
        index = bisect.bisect_right(self.acks, read.number, key=lambda ack: ack.number)
        missed = self.acks[index].at if index < len(self.acks) else read.began
        return max(0.0, read.began - missed)


@dataclass(frozen=True, slots=True)
class Mended:
    """How an edge did after its connection came back at `at`."""

    at: float
    stale: tuple[Read, ...]
    mirror_s: float | None

    @property
    def stale_s(self) -> float:
        """How long after the reconnect it still told something older than what was acknowledged before."""
        return max((read.began - self.at for read in self.stale), default=0.0)


def mended(story: Story, reads: list[Read], at: float, until: float) -> Mended:
    """What `reads` say of the time between the reconnect `at` and `until`."""
    known = story.acked_before(at)
    after = [read for read in reads if at < read.began < until]
    stale = tuple(read for read in after if read.number < known)
    first = next((read.began - at for read in after if read.proven and read.number >= known), None)
    return Mended(at, stale, first)
