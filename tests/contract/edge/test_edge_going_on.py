"""Whatever ends a stream, a page or a server, the client goes on: nothing is lost, nothing comes twice."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.contract.edge.telling import EventSource, chain, messages, page, sequences, streaming, tell
from tests.contract.edge.world import Seller, World, code_of, eventually, hear, running_edge, running_world, say

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
    async with running_world(tmp_path) as world:
        seller = Seller()
        token = (await world.call(seller, "POST", "/v1/sessions")).json()["token"]
        await tell(world, seller, 1)
        await world.server.kill()
        with monkeypatch.context() as impatient:
            impatient.setattr("services.edge.asking.patience.BUS_S", 1.0)
            for accept in ("application/json", "text/event-stream"):
                for authorization in (f"Bearer {token}", seller.signed(world.url + "/v1/events", "GET")):
                    answer = await world.call(None, "GET", "/v1/events", Accept=accept, Authorization=authorization)
                    assert code_of(answer) == (503, "bus-unavailable")
        await world.server.restart()

        async def back() -> bool:
            answer = await world.call(None, "GET", "/v1/events", Authorization=f"Bearer {token}")
            return answer.status_code == 200 and len(json.loads(answer.content)["events"]) == 1

        assert await eventually(back)


async def test_a_browser_that_comes_while_the_bus_is_away_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `EventSource` gives up at a 503: what passes by itself is told inside a stream that ends."""
    async with running_world(tmp_path) as world:
        seller = Seller()
        token = (await world.call(seller, "POST", "/v1/sessions")).json()["token"]
        await tell(world, seller, 1)
        await world.server.kill()
        source = EventSource([world.url + "/v1/events"], httpx.Cookies({"mesh-session": token}))
        reading = asyncio.create_task(source.run())

        async def told() -> bool:
            return "bus-unavailable" in [heard.data.get("code") for heard in source.heard]

        with monkeypatch.context() as impatient:
            impatient.setattr("services.edge.asking.patience.BUS_S", 0.5)
            await eventually(told)
        await world.server.restart()

        async def arrived() -> bool:
            return source.numbers() == [1]

        await eventually(arrived, within_s=30)
        assert not source.refused
        reading.cancel()
        await asyncio.wait([reading])


async def test_a_browser_without_a_session_is_refused_for_good(world: World) -> None:
    source = EventSource([world.url + "/v1/events"], httpx.Cookies({"mesh-session": f"{'a' * 26}.{'b' * 43}"}))
    await asyncio.wait_for(source.run(), 30)
    assert (source.refused, source.connections) == (401, 0)


async def test_what_was_acked_while_the_bus_was_away_is_written_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.edge.streams.cursors.WRITE_EVERY_S", 0.05)
    async with running_world(tmp_path) as world:
        seller = Seller()
        told = await tell(world, seller, 1, 2)
        token = seller.signed(world.url + "/v1/ws", "GET").removeprefix("Nostr ")
        async with connect(world.url.replace("http", "ws", 1) + "/v1/ws") as socket:
            await say(socket, {"op": "hello", "token": token, "device": "d"})
            assert (await hear(socket))["op"] == "ready"
            await messages(socket, 2)
            await world.server.kill()
            await say(socket, {"op": "ack", "seq": told[0]})
            await say(socket, {"op": "ack", "seq": told[1]})

            async def taken() -> bool:
                return f"{seller.owner}.d" in world.edge.cursors._books

            await eventually(taken)
            await world.server.restart()

            async def written() -> bool:
                return [record.seq for record in await world.edge.cursors.of(seller.owner)] == [told[1]]

            assert await eventually(written, within_s=30)
