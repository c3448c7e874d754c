"""Reading a view at least as new as what the caller has seen, on whichever edge (`X-Revision`).

Wait a moment for the mirror; else read through to the leader, who has everything that was ever acknowledged. So it is
when a revision is of another epoch than the mirror shows, and while the mirror is suspect. If the leader does not
answer either, that is a 503: nothing old is ever passed off as new.

A revision that we hand out carries an epoch only if our mirror holds the very same write: a guess could be met by an
edge that has not noticed yet that the bucket was made again. Without a proven epoch it is met by the leader alone.
"""

from typing import TypeVar

from starlette.requests import HTTPConnection

from bus.buckets.kv import Entry
from bus.buckets.mirror import Mirror
from schemas.revisions import UNPROVEN, Revision, RevisionProblem, parse_revisions
from services.edge.web.refusal import Refusal

T = TypeVar("T")

HEADER = "X-Revision"
FRESH_WITHIN_S = 0.25
SAME_WITHIN_S = 0.001
"""Two clocks' roundings of one write's time."""

Demands = tuple[Revision, ...]


def demands_of(connection: HTTPConnection) -> Demands:
    """The revisions that the request demands, of any bucket; Refusal `bad-request` if that is not what it says."""
    values = connection.headers.getlist("x-revision")
    found = parse_revisions(",".join(values)) if values else ()
    if isinstance(found, RevisionProblem):
        raise Refusal("bad-request", found.detail)
    return found


async def is_fresh(mirror: Mirror[T], demands: Demands) -> bool:
    """Whether `mirror` may answer: trusted, and at least as new as `demands`, after at most a moment."""
    for demand in demands:
        if demand.bucket == mirror.bucket.name and not await mirror.wait_for(demand.seq, FRESH_WITHIN_S, demand.epoch):
            return False
    return not mirror.suspect


async def read(mirror: Mirror[T], key: str, demands: Demands) -> Entry[T] | None:
    """What stands under `key`, never older than `demands`. BusUnavailable if only the leader could say."""
    return mirror.get(key) if await is_fresh(mirror, demands) else await mirror.bucket.get(key)


async def read_group(mirror: Mirror[T], first: str, demands: Demands) -> tuple[dict[str, Entry[T]], Revision]:
    """Everything under keys `<first>.…`, never older than `demands`, and how new that is."""
    if await is_fresh(mirror, demands):
        return mirror.group(first), Revision(mirror.bucket.name, mirror.epoch, mirror.applied)
    found = await mirror.bucket.settled(f"{first}.>")
    newest = max((entry.revision for entry in found.values()), default=0)
    return found, Revision(mirror.bucket.name, UNPROVEN, newest)


def revision_of(mirror: Mirror[T], key: str, entry: Entry[T]) -> Revision:
    """`entry`'s revision, with its epoch if our mirror holds the same write."""
    held = mirror.get(key)
    same = held is not None and held.revision == entry.revision and abs(held.at - entry.at) < SAME_WITHIN_S
    return Revision(mirror.bucket.name, mirror.epoch if same else UNPROVEN, entry.revision)
