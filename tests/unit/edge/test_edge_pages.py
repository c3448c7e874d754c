"""A client that pages through its log by `next`, while retention cuts and others write: nothing is skipped unsaid."""

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import encode
from schemas.ids import OpId
from schemas.notifications import Notification
from services.edge.streams.event_page import Batch, fill
from services.edge.streams.outlet import Outlet
from services.edge.streams.owner_log import PAGE
from services.edge.streams.session import Fetch, Logged


def body(seq: int, *, readable: bool) -> bytes:
    if not readable:
        return b"not json"
    return encode(Notification(id=f"x:{seq}", type="a.b", op=OpId("p" * 26), at="", data={"n": seq}))


async def one_page(log: dict[int, bytes], after: int, limit: int) -> Batch:
    """What one call answers that finds `log` as it is."""
    outlet, batch = Outlet(after), Batch(limit, after)
    outlet.opened(max(log, default=0))

    async def read(fetch: Fetch) -> None:
        found = [Logged(seq, log[seq]) for seq in sorted(log) if seq >= fetch.start][:PAGE]
        outlet.page(tuple(found), more=len(found) == PAGE)

    async def reading() -> None:
        while True:
            await read(await outlet.next_fetch())

    reader = asyncio.create_task(reading())
    await fill(batch, outlet, 0)
    reader.cancel()
    return batch


acts = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(1, 4)),
        st.tuples(st.just("garbage"), st.integers(1, 4)),
        st.tuples(st.just("trim"), st.integers(1, 3)),
        st.tuples(st.just("page"), st.integers(1, 5)),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(script=acts)
def test_nothing_is_skipped_unsaid_between_pages(script: list[tuple[str, int]]) -> None:
    asyncio.run(play(script))


async def play(script: list[tuple[str, int]]) -> None:
    log, everything, newest, after = dict[int, bytes](), list[int](), 0, 0
    seen, gaps = list[int](), list[tuple[int, int]]()
    for act, number in [*script, *[("page", 5)] * (len(script) + 2)]:
        match act:
            case "tell" | "garbage":
                newest += number
                log[newest] = body(newest, readable=act == "tell")
                everything += [newest]
            case "trim":
                for seq in sorted(log)[: min(number, len(log) - 1)]:  # the newest of a subject stays
                    del log[seq]
            case _:
                batch = await one_page(log, after, number)
                assert batch.next >= after
                assert len(batch.events) <= number
                if batch.gap:
                    gap = json.loads(bytes(batch.gap))
                    gaps.append((gap["from"], gap["to"]))
                frames = [json.loads(bytes(event)) for event in batch.events]
                assert [frame["prev"] for frame in frames[1:]] == [frame["seq"] for frame in frames[:-1]]
                seen += [frame["seq"] for frame in frames]
                after = batch.next
    assert seen == sorted(set(seen)), "in order, none twice"
    assert after == newest, "it gets to the end"
    first = min([*seen, *(start for start, _ in gaps)], default=0)
    unsaid = [seq for seq in everything if seq not in seen and not any(a <= seq <= b for a, b in gaps)]
    assert all(seq < first for seq in unsaid), "only what was gone before its first page is not spoken of"
