"""One stream, three doors: the same events with the same sequences, without a silent gap, whichever edge answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.contract.edge.telling import EventSource, Heard, chain, messages, streaming, tell
from tests.contract.edge.world import Json, Seller, World, code_of, eventually, hear, running_edge, running_world

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def other(world: World) -> AsyncIterator[World]:
    """A second edge on the same bus."""
    async with running_edge(world.settings) as (edge, url):
        yield replace(world, edge=edge, url=url)


async def page(world: World, seller: Seller, query: str = "", **headers: str) -> Json:
    """One page of events in JSON."""
    answer = await world.call(seller, "GET", f"/v1/events{query}", **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: Json = answer.json()
    return found


def sequences(events: object) -> list[int]:
    assert isinstance(events, list)
    return [event["seq"] for event in events]


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
    monkeypatch.setattr("services.edge.owner_log.LOOK_AGAIN_S", (0.0, 0.02))
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
    monkeypatch.setattr("services.edge.hub.MAX_SOCKETS", 2)
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
    monkeypatch.setattr("services.edge.conversation.PING_EVERY_S", 0.05)
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
    monkeypatch.setattr("services.edge.conversation.SEND_WITHIN_S", 0.5)
    seller = Seller()
    async with streaming(world, seller) as stream:
        assert (await stream.take(1))[0].event == "ready"

        async def dropped() -> bool:
            await tell(world, seller, *range(20), padding=15_000)
            return seller.owner not in world.edge.hub._feeds

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


async def test_a_killed_server_costs_no_message_and_doubles_none(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        async with streaming(world, seller) as stream:
            assert (await stream.take(1))[0].event == "ready"
            told = await tell(world, seller, 0, 1)
            heard = await stream.take(2)
            for round_ in range(2):
                await world.server.kill()
                await world.server.restart()
                told += await tell(world, seller, *range(10 * round_ + 10, 10 * round_ + 20))
                heard += await stream.take(10)
        assert [int(one.id) for one in heard] == told
        assert chain([one.data for one in heard])
        assert sequences((await page(world, seller))["events"]) == told


async def test_a_browser_follows_from_edge_to_edge_by_its_cookie_alone(world: World) -> None:
    """Edges stop one after the other while messages keep coming; the browser knows nothing but what it was sent."""
    seller = Seller()
    token = (await world.call(seller, "POST", "/v1/sessions")).json()["token"]
    source = EventSource([], httpx.Cookies({"mesh-session": token}))
    told = list[int]()
    reading = None
    for round_ in range(3):
        async with running_edge(world.settings) as (_, url):
            source.urls[:] = [f"{url}/v1/events"]
            reading = reading or asyncio.create_task(source.run())
            told += await tell(world, seller, *range(10 * round_, 10 * round_ + 5))

            async def arrived() -> bool:
                return len(source.numbers()) == len(told)  # noqa: B023  called within this round

            await eventually(arrived, within_s=60)
        # what is told while no edge is there is not lost either
        told += await tell(world, seller, *range(10 * round_ + 5, 10 * round_ + 10))
    source.urls[:] = [f"{world.url}/v1/events"]

    async def complete() -> bool:
        return len(source.numbers()) == len(told)

    await eventually(complete, within_s=60)
    assert source.numbers() == list(range(30))
    assert source.connections >= 4
    farewells = [heard.data["code"] for heard in source.heard if heard.event == "problem"]
    assert len(farewells) >= 3, "each edge said that it was leaving"
    assert set(farewells) == {"edge-leaving"}
    assert {heard.event for heard in source.heard} == {"ready", "node.register.ready", "problem"}
    assert (await world.call(seller, "DELETE", "/v1/sessions")).status_code == 204
    assert reading is not None
    reading.cancel()
    await asyncio.wait([reading])


async def test_an_edge_that_leaves_says_so_at_every_door(world: World) -> None:
    seller = Seller()
    async with running_edge(world.settings) as (edge, url):
        leaving = replace(world, edge=edge, url=url)
        async with streaming(leaving, seller) as stream, leaving.socket(seller) as socket:
            assert (await stream.take(1))[0].event == "ready"
            assert (await hear(socket))["op"] == "ready"
            waiting = asyncio.create_task(page(leaving, seller, Prefer="wait=30"))

            async def all_there() -> bool:
                return len(edge.hub._feeds[seller.owner].outlets) == 3

            await eventually(all_there)
            edge.leaving.set()
            (last,) = await stream.take(1)
            assert (last.event, last.data["code"], last.data["retryable"]) == ("problem", "edge-leaving", True)
            assert await stream.next() is None, "a whole body, not a cut"
            assert (await hear(socket))["code"] == "edge-leaving"
            assert (await waiting)["events"] == []
            await socket.wait_closed()
            assert socket.close_code == 1001


async def test_while_the_bus_is_away_nobody_is_told_that_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.edge.patience.BUS_S", 1.0)
    async with running_world(tmp_path) as world:
        seller = Seller()
        token = (await world.call(seller, "POST", "/v1/sessions")).json()["token"]
        await tell(world, seller, 1)
        await world.server.kill()
        for accept in ("application/json", "text/event-stream"):
            for authorization in (f"Bearer {token}", seller.signed(world.url + "/v1/events", "GET")):
                answer = await world.call(None, "GET", "/v1/events", Accept=accept, Authorization=authorization)
                assert code_of(answer) == (503, "bus-unavailable")
        await world.server.restart()

        async def back() -> bool:
            answer = await world.call(None, "GET", "/v1/events", Authorization=f"Bearer {token}")
            return answer.status_code == 200 and len(json.loads(answer.content)["events"]) == 1

        assert await eventually(back)
