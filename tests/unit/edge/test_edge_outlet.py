"""One socket's queue: bounded, in order, and never wedged."""

import asyncio
import json

import msgspec

from schemas.base import encode
from schemas.frames import Ping, Ready
from schemas.ids import OpId
from schemas.notifications import Notification
from services.edge.streams.outlet import LIMIT, LIMIT_BYTES, Outlet
from services.edge.streams.owner_log import PAGE
from services.edge.streams.session import Fetch, Logged


def body(n: int) -> bytes:
    return encode(Notification(id=f"x:{n}", type="t", op=OpId("p" * 26), at="", data={"n": n}))


async def frames(outlet: Outlet, count: int) -> list[dict[str, object]]:
    async with asyncio.timeout(2):
        return [json.loads((await outlet.next_frame()).body) for _ in range(count)]


async def test_frames_come_out_in_the_order_the_session_decided() -> None:
    outlet = Outlet(0)
    outlet.arrived(3, 0, body(3))  # before the head is known: only remembered
    outlet.say(Ready(head=2))
    outlet.opened(2)
    fetch = await outlet.next_fetch()
    assert fetch == Fetch(1, 0.0)
    outlet.page((Logged(1, body(1)), Logged(2, body(2)), Logged(3, body(3))), more=False)
    outlet.arrived(4, 3, body(4))
    outlet.say(Ping())
    seen = await frames(outlet, 6)
    assert [frame["op"] for frame in seen] == ["ready", "msg", "msg", "msg", "msg", "ping"]
    assert [(frame.get("prev"), frame.get("seq")) for frame in seen[1:5]] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert seen[1]["operation"] == "p" * 26


async def test_a_client_that_does_not_read_is_slow_and_nothing_more_is_kept() -> None:
    outlet = Outlet(0)
    outlet.opened(0)
    for seq in range(1, LIMIT + 50):
        outlet.arrived(seq, seq - 1, body(seq))
    assert outlet.slow.is_set()
    seen = await frames(outlet, LIMIT)
    assert [frame["seq"] for frame in seen] == list(range(1, LIMIT + 1))


async def test_large_frames_are_counted_by_their_bytes() -> None:
    outlet = Outlet(0)
    outlet.opened(0)
    large = encode(Notification(id="x:1", type="t", op=OpId("p" * 26), at="", data={"x": "y" * 16_000}))
    for seq in range(1, LIMIT):
        outlet.arrived(seq, seq - 1, large)
    assert outlet.slow.is_set()
    kept = 0
    while not outlet.at_rest:
        kept += len((await outlet.next_frame()).body)
    assert LIMIT_BYTES - 2 * len(large) < kept <= LIMIT_BYTES


async def test_a_long_replay_waits_for_room_and_does_not_make_the_client_slow() -> None:
    outlet = Outlet(0)
    total = 3 * LIMIT
    outlet.opened(total)
    seen: list[object] = []

    async def reading() -> None:
        while True:
            fetch = await outlet.next_fetch()
            page = tuple(Logged(seq, body(seq)) for seq in range(fetch.start, min(total, fetch.start + PAGE - 1) + 1))
            outlet.page(page, more=page[-1].seq < total)

    reader = asyncio.create_task(reading())
    async with asyncio.timeout(5):
        while len(seen) < total:
            seen.append((await outlet.next_frame()).seq)
            await asyncio.sleep(0)
    reader.cancel()
    assert seen == list(range(1, total + 1))
    assert not outlet.slow.is_set()


async def test_what_cannot_be_read_is_declared_missing() -> None:
    outlet = Outlet(0)
    outlet.opened(0)
    outlet.arrived(5, 0, b"not json")
    outlet.arrived(6, 5, body(6))
    gap, message = await frames(outlet, 2)
    assert (gap["op"], gap["from"], gap["to"]) == ("gap", 1, 5)
    assert (message["prev"], message["seq"]) == (5, 6)


async def test_a_client_from_the_future_is_brought_back_to_where_the_log_is() -> None:
    outlet = Outlet(1000)
    outlet.opened(5)
    gap = await outlet.next_frame()
    assert (gap.kind, gap.seq) == ("gap", 5)
    assert json.loads(gap.body) == {"op": "gap", "from": 6, "to": 1000}


async def test_what_a_frame_moves_its_client_to() -> None:
    outlet = Outlet(7)
    outlet.say(Ready(head=20))
    outlet.opened(20)
    outlet.page((Logged(15, body(15)), Logged(20, body(20))), more=False)
    seen = [await outlet.next_frame() for _ in range(4)]
    assert [(each.kind, each.event, each.seq) for each in seen] == [
        ("ready", "ready", None),
        ("gap", "gap", 14),
        ("msg", "t", 15),
        ("msg", "t", 20),
    ]


def test_nobody_can_take_in_what_was_never_given() -> None:
    outlet, acked = Outlet(0), list[int]()
    outlet.on_ack = acked.append
    outlet.opened(0)
    outlet.arrived(3, 0, body(3))
    outlet.acknowledge(9)
    outlet.acknowledge(3)
    assert acked == [3]


async def test_rest_is_known_once_the_log_was_read_to_its_head() -> None:
    outlet = Outlet(0)
    resting = asyncio.create_task(outlet.next_or_rest())
    await asyncio.sleep(0)
    assert not resting.done(), "the head is not known yet"
    outlet.opened(1)
    await asyncio.sleep(0)
    assert not resting.done(), "it is known to hold more"
    outlet.page((Logged(1, body(1)),), more=False)
    first = await resting
    assert first is not None
    assert first.seq == 1
    assert await outlet.next_or_rest() is None


def test_a_message_frame_has_what_a_client_needs() -> None:
    outlet = Outlet(0)
    outlet.opened(0)
    outlet.arrived(5, 0, body(5))
    frame = msgspec.json.decode(asyncio.run(outlet.next_frame()).body, type=dict[str, object])
    assert set(frame) == {"op", "seq", "prev", "id", "type", "operation", "at", "data", "code"}
