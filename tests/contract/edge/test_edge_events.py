"""One stream, three doors: the same events with the same sequences, without a silent gap, whichever edge answers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from tests.contract.edge.telling import Heard, chain, messages, page, sequences, streaming, tell
from tests.contract.edge.world import Seller, World, code_of, eventually, hear, running_edge

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def other(world: World) -> AsyncIterator[World]:
    """A second edge on the same bus."""
    async with running_edge(world.settings) as (edge, url):
        yield replace(world, edge=edge, url=url)


async def test_three_doors_of_two_edges_say_the_same(world: World, other: World) -> None:
    seller = Seller()
    told = await tell(world, seller, 1, 2, 3)
    async with streaming(world, seller) as stream, other.socket(seller) as socket:
        (ready,) = await stream.take(1)
        assert (ready.event, ready.id, ready.data) == ("ready", "", await hear(socket))
        streamed = await stream.take(3)
        socketed = await messages(socket, 3)
        told += await tell(world, seller, 4)
        streamed += await stream.take(1)
        socketed += await messages(socket, 1)
    paged = await page(other, seller)
    assert [heard.data for heard in streamed] == socketed == paged["events"]
    assert sequences(paged["events"]) == told
    assert [heard.id for heard in streamed] == [str(seq) for seq in told]
    assert {heard.event for heard in streamed} == {"node.register.ready"}
    assert (paged["gap"], paged["head"], paged["next"]) == (None, told[-1], told[-1])
    assert chain(socketed)


async def test_each_door_goes_on_where_another_stopped(world: World, other: World) -> None:
    seller = Seller()
    told = await tell(world, seller, *range(6))
    first = await page(world, seller, "?limit=2")
    assert (first["next"], first["head"]) == (told[1], told[5])
    async with streaming(other, seller, f"?after={first['next']}") as stream:
        heard = (await stream.take(3))[1:]
    async with world.socket(seller, int(heard[-1].id)) as socket:
        assert (await hear(socket))["op"] == "ready"
        frames = await messages(socket, 1)
    last = await page(other, seller, f"?after={frames[0]['seq']}")
    seen = [
        *sequences(first["events"]),
        *(int(one.id) for one in heard),
        *sequences(frames),
        *sequences(last["events"]),
    ]
    assert seen == told
    everything = [*first["events"], *(one.data for one in heard), *frames, *last["events"]]  # type: ignore[misc]  # JSON
    assert chain(everything)


async def test_what_the_client_says_itself_is_newer_than_its_url(world: World) -> None:
    seller = Seller()
    told = await tell(world, seller, 1, 2, 3)
    async with streaming(world, seller, "?after=0", Last_Event_ID=str(told[1])) as stream:
        assert [heard.id for heard in (await stream.take(2))[1:]] == [str(told[2])]
    assert sequences((await page(world, seller, "?after=0", Last_Event_ID=str(told[1])))["events"]) == told


async def test_a_page_is_what_was_asked_for_and_no_more(world: World) -> None:
    seller = Seller()
    told = await tell(world, seller, *range(150))
    assert sequences((await page(world, seller))["events"]) == told[:100]
    assert sequences((await page(world, seller, "?limit=150"))["events"]) == told
    after, seen = 0, list[int]()
    while (found := await page(world, seller, f"?after={after}&limit=37"))["events"]:
        seen += sequences(found["events"])
        after = int(str(found["next"]))
    assert seen == told
    assert (found["next"], found["head"]) == (told[-1], told[-1])


async def test_a_page_of_large_events_ends_by_its_bytes(world: World) -> None:
    seller = Seller()
    told = await tell(world, seller, *range(100), padding=15_000)
    found = await page(world, seller, "?limit=100")
    assert 60 < len(sequences(found["events"])) < 80
    rest = await page(world, seller, f"?after={found['next']}&limit=100")
    assert sequences(found["events"]) + sequences(rest["events"]) == told


async def test_a_page_waits_for_news_if_that_is_preferred(world: World, other: World) -> None:
    seller = Seller()
    (first,) = await tell(world, seller, 1)
    waiting = asyncio.create_task(world.call(seller, "GET", f"/v1/events?after={first}", Prefer="wait=30"))

    async def joined() -> bool:
        return seller.owner in world.edge.hub._feeds

    await eventually(joined)
    (second,) = await tell(world, seller, 2)
    answer = await waiting
    assert answer.headers["preference-applied"] == "wait=30"
    assert sequences(answer.json()["events"]) == [second]
    nothing = await page(other, seller, f"?after={second}", Prefer="wait=1")
    assert nothing == {"events": [], "gap": None, "head": second, "next": second}
    at_once = await page(other, seller, f"?after={first}", Prefer="wait=30")
    assert sequences(at_once["events"]) == [second]

    async def left() -> bool:
        return seller.owner not in world.edge.hub._feeds

    await eventually(left)


async def test_who_stops_waiting_for_a_page_takes_no_place(world: World) -> None:
    seller = Seller()
    waiting = asyncio.create_task(world.call(seller, "GET", "/v1/events", Prefer="wait=30"))

    async def joined() -> bool:
        return seller.owner in world.edge.hub._feeds

    await eventually(joined)
    waiting.cancel()

    async def left() -> bool:
        return seller.owner not in world.edge.hub._feeds

    await eventually(left)


async def test_what_retention_took_is_said_at_every_door(world: World, other: World) -> None:
    seller = Seller()
    first = await tell(world, seller, 0)
    rest = await tell(world, seller, *range(1, 510))  # NOTIFY keeps 500 an owner
    paged = await page(other, seller, f"?after={first[0]}&limit=500")
    async with (
        streaming(world, seller, Last_Event_ID=str(first[0])) as stream,
        other.socket(seller, first[0]) as socket,
    ):
        heard = (await stream.take(502))[1:]
        assert (await hear(socket))["op"] == "ready"
        frames = [await hear(socket) for _ in range(501)]
    assert paged["gap"] == heard[0].data == frames[0]
    assert (heard[0].event, heard[0].data["from"], heard[0].data["to"]) == ("gap", first[0] + 1, rest[9] - 1)
    assert heard[0].id == str(rest[9] - 1), "a client that comes back now is not told again"
    assert sequences(paged["events"]) == rest[9:]
    assert [one.data for one in heard[1:]] == frames[1:] == paged["events"]


async def test_a_client_from_the_future_is_told_and_brought_back(
    world: World, other: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.edge.streams.owner_log.LOOK_AGAIN_S", (0.0, 0.02))
    seller = Seller()
    (head,) = await tell(world, seller, 1)
    paged = await page(other, seller, f"?after={head + 1000}")
    gap = {"op": "gap", "from": head + 1, "to": head + 1000}
    assert paged == {"events": [], "gap": gap, "head": head, "next": head}
    async with streaming(world, seller, Last_Event_ID=str(head + 1000)) as stream:
        assert (await stream.take(2))[1] == Heard("gap", str(head), gap)
        await tell(world, seller, 2)
        assert (await stream.take(1))[0].data["prev"] == head


BAD_QUERIES = {
    "after": ["-1", "x", "", "1&after=2", str(1 << 53), "1e3", "%D9%A3"],
    "limit": ["0", "501", "x", "-1", "1&limit=1"],
    "device": ["", "A", "a" * 33, "a.b", "*", "a%0A"],
}


@pytest.mark.parametrize("query", [f"?{name}={value}" for name, values in BAD_QUERIES.items() for value in values])
async def test_what_cannot_be_understood(world: World, query: str) -> None:
    for accept in ("application/json", "text/event-stream"):
        answer = await world.call(Seller(), "GET", f"/v1/events{query}", Accept=accept)
        assert code_of(answer) == (400, "bad-request")
        assert query[1:].partition("=")[0] in answer.json()["detail"]


@pytest.mark.parametrize("said", ["x", "-1", "1 2", str(1 << 53)])
async def test_a_last_event_id_that_is_not_ours(world: World, said: str) -> None:
    answer = await world.call(Seller(), "GET", "/v1/events", Accept="text/event-stream", Last_Event_ID=said)
    assert code_of(answer) == (400, "bad-request")


async def test_nobody_is_let_in_unproven(world: World) -> None:
    for accept in ("application/json", "text/event-stream"):
        for path in ("/v1/events", "/v1/events?device=d&after=0"):
            assert code_of(await world.call(None, "GET", path, Accept=accept)) == (401, "auth-missing")
    seller = Seller()
    signed = seller.signed(world.url + "/v1/events", "GET")
    async with streaming(world, seller, Authorization=signed) as stream:
        assert (await stream.take(1))[0].event == "ready"
        again = await world.call(None, "GET", "/v1/events", Authorization=signed)
        assert code_of(again) == (401, "auth-replayed")


async def test_streams_of_one_owner_are_limited_whatever_the_door(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.edge.streams.hub.MAX_SOCKETS", 2)
    seller = Seller()
    async with world.socket(seller) as socket, streaming(world, seller) as stream:
        assert (await hear(socket))["op"] == "ready"
        assert (await stream.take(1))[0].event == "ready"
        for accept in ("application/json", "text/event-stream"):
            answer = await world.call(seller, "GET", "/v1/events", Accept=accept, Prefer="wait=1")
            assert code_of(answer) == (429, "too-many-sockets")
        async with streaming(world, Seller()) as theirs:
            assert (await theirs.take(1))[0].event == "ready"


async def test_the_stream_says_that_it_is_there_and_when_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.edge.streams.conversation.PING_EVERY_S", 0.05)
    seller = Seller()
    async with streaming(world, seller) as stream:
        assert (await stream.take(1))[0].event == "ready"
        assert stream.retry_ms is not None

        async def pinged() -> bool:
            await tell(world, seller, 1)
            await stream.take(1)
            return stream.comments > 0

        await eventually(pinged)


async def test_a_head_of_a_stream_ends(world: World) -> None:
    seller = Seller()
    url = world.url + "/v1/events"
    headers = {"Authorization": seller.signed(url, "GET"), "Accept": "text/event-stream"}
    answer = await world.client.head(url, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert seller.owner not in world.edge.hub._feeds


async def test_a_reader_that_does_not_read_is_cut_off_and_catches_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = Seller()
    async with streaming(world, seller) as stream:
        assert (await stream.take(1))[0].event == "ready"

        async def dropped() -> bool:
            await tell(world, seller, *range(20), padding=15_000)
            return seller.owner not in world.edge.hub._feeds

        with monkeypatch.context() as impatient:
            impatient.setattr("services.edge.streams.conversation.SEND_WITHIN_S", 0.5)
            await eventually(dropped, within_s=60)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):  # not the end of the body: it was cut off
            await stream.rest()
        last = stream.last_id or "0"
    kept = [stored.seq for stored in await world.stored("NOTIFY", f"ntf.{seller.owner}")]
    async with streaming(world, seller, Last_Event_ID=last) as stream:
        seen = list[int]()
        while not seen or seen[-1] != kept[-1]:
            (heard,) = await stream.take(1)
            seen += [int(heard.id)] if heard.data["op"] == "msg" else []
    assert seen == [seq for seq in kept if seq > int(last)]
