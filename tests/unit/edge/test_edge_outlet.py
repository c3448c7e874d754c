"""One socket's queue: bounded, in order, and never wedged."""

import asyncio
import json

import msgspec

from schemas.base import encode
from schemas.frames import Ping, Ready
from schemas.ids import OpId
from schemas.notifications import Notification
from services.edge.outlet import LIMIT, PAGE, Outlet
from services.edge.session import Fetch, Logged


def body(n: int) -> bytes:
    return encode(Notification(id=f"x:{n}", type="t", op=OpId("p" * 26), at="", data={"n": n}))


async def frames(outlet: Outlet, count: int) -> list[dict[str, object]]:
    async with asyncio.timeout(2):
        return [json.loads(await outlet.next_frame()) for _ in range(count)]


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
            seen.append(json.loads(await outlet.next_frame())["seq"])
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


def test_a_message_frame_has_what_a_client_needs() -> None:
    outlet = Outlet(0)
    outlet.opened(0)
    outlet.arrived(5, 0, body(5))
    frame = msgspec.json.decode(asyncio.run(outlet.next_frame()), type=dict[str, object])
    assert set(frame) == {"op", "seq", "prev", "id", "type", "operation", "at", "data", "code"}
