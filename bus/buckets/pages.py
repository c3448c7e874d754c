"""A bucket's newest entries first, in pages: JetStream reads forwards only, so it is read in windows from the end back.

For looking, never for deciding (law 5). A key that is written again moves to the front, so a walk from page to page may
miss what changed meanwhile, but never shows anything twice.
"""

from typing import TypeVar

from bus.buckets.kv import NO_MESSAGE, OPERATION, PAGE, Bucket, Entry
from bus.client.direct import following
from bus.client.js_api import js_request_patiently
from bus.errors import BusRefused

T = TypeVar("T")

WINDOW = 512
WIDER = 8


async def newest(bucket: Bucket[T], pattern: str, before: int | None, limit: int) -> list[Entry[T]]:
    """Up to `limit` entries whose keys match `pattern`, those written last first, of revisions below `before`."""
    subject = f"$KV.{bucket.name}.{pattern}"
    end = await _end(bucket, subject) + 1 if before is None else before
    found: list[Entry[T]] = []
    width = WINDOW
    while len(found) < limit and end > 1:
        start = max(1, end - width)
        found += await _window(bucket, subject, start, end)
        end, width = start, width * WIDER
    return found[:limit]


async def _end(bucket: Bucket[T], subject: str) -> int:
    question = {"last_by_subj": subject}
    try:
        answer = await js_request_patiently(bucket.bus, f"STREAM.MSG.GET.{bucket.spec.stream}", question)
    except BusRefused as refusal:
        if refusal.code == NO_MESSAGE:
            return 0
        raise
    message = answer["message"]
    return int(message["seq"]) if isinstance(message, dict) else 0


async def _window(bucket: Bucket[T], subject: str, start: int, end: int) -> list[Entry[T]]:
    """What stands in [start, end), newest first."""
    found: list[Entry[T]] = []
    after = start - 1
    while page := await following(bucket.bus, bucket.spec.stream, subject, after, PAGE, None):
        after = page[-1].seq
        inside = [stored for stored in page if stored.seq < end and OPERATION not in stored.headers]
        found += [Entry(bucket.decode(stored.data), stored.seq, stored.at) for stored in inside]
        if after >= end or len(page) < PAGE:
            break
    return found[::-1]
