"""Newest first over a bucket: pages that meet, across many windows and holes, without what was deleted."""

import pytest

from bus.buckets import pages
from bus.buckets.kv import Bucket
from bus.buckets.pages import newest
from schemas.ids import OpId, Owner
from schemas.records import NameRecord

from .conftest import Connect

MINE, OTHERS = 12, 60


def record(name: str) -> NameRecord:
    return NameRecord(name=name, owner=Owner("o"), op=OpId("op"), state="reserved", node_id="02")


async def walked(bucket: Bucket[NameRecord], pattern: str, limit: int) -> list[str]:
    found: list[str] = []
    before: int | None = None
    while page := await newest(bucket, pattern, before, limit):
        assert len(page) <= limit
        found += [entry.value.name for entry in page]
        before = page[-1].revision
    return found


@pytest.mark.parametrize("limit", [1, 5, 50])
async def test_pages_meet_and_the_newest_comes_first(
    join: Connect, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(pages, "WINDOW", 3)
    monkeypatch.setattr(pages, "PAGE", 4)
    bucket = Bucket(await join("offer-builder"), "names", NameRecord)
    assert await newest(bucket, "mine.*", None, limit) == []
    for number in range(MINE):
        await bucket.put(f"mine.{number}", record(str(number)))
    for number in range(OTHERS):
        await bucket.put(f"other.{number % 20}", record("other"))  # written again: holes
    await bucket.put("mine.3", record("3"))
    await bucket.delete("mine.5")
    wanted = ["3", *(str(number) for number in reversed(range(MINE)) if number not in (3, 5))]
    assert await walked(bucket, "mine.*", limit) == wanted
