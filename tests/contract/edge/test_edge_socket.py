"""The WebSocket against a real bus: in order, once, without a silent gap, whoever hangs up or is killed."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from services.edge.streams.closing import BAD_FRAME, NO_HELLO, NOT_PROVEN, TOO_SLOW
from services.edge.streams.hub import MAX_SOCKETS
from tests.contract.edge.telling import chain, closed_with, messages, tell, the_rest
from tests.contract.edge.world import Json, Seller, World, eventually, hear, running_world, say

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_replay_then_live_in_one_chain(world: World) -> None:
    seller, other = Seller(), Seller()
    before = await tell(world, seller, 1, 2, 3)
    await tell(world, other, 99)
    async with world.socket(seller) as socket:
        ready = await hear(socket)
        assert (ready["op"], ready["head"]) == ("ready", before[-1])
        frames = await messages(socket, 3)
        after = await tell(world, seller, 4)
        await tell(world, other, 98)
        after += await tell(world, seller, 5)
        frames += await messages(socket, 2)
    assert [frame["seq"] for frame in frames] == before + after
    assert [frame["data"]["n"] for frame in frames] == [1, 2, 3, 4, 5]  # type: ignore[index]  # JSON
    assert chain(frames)
    assert frames[0]["operation"] == "p" * 26


async def test_a_client_that_comes_back_gets_what_it_missed_and_no_more(world: World) -> None:
    seller = Seller()
    await tell(world, seller, 1)
    async with world.socket(seller) as socket:
        assert (await hear(socket))["op"] == "ready"
        (first,) = await messages(socket, 1)
        await say(socket, {"op": "ack", "seq": first["seq"]})
    missed = await tell(world, seller, 2, 3)
    last = int(str(first["seq"]))
    async with world.socket(seller, last) as socket:
        assert (await hear(socket))["head"] == missed[-1]
        frames = await messages(socket, 2)
        await tell(world, seller, 4)
        frames += await messages(socket, 1)
    assert [frame["data"]["n"] for frame in frames] == [2, 3, 4]  # type: ignore[index]  # JSON
    assert chain(frames, last)


async def test_a_replay_of_many_pages_while_more_arrives(world: World) -> None:
    seller = Seller()
    await tell(world, seller, *range(200))
    telling = asyncio.create_task(tell(world, seller, *range(200, 300)))
    async with world.socket(seller) as socket:
        assert (await hear(socket))["op"] == "ready"
        frames = await messages(socket, 300)
    await telling
    assert [frame["data"]["n"] for frame in frames] == list(range(300))  # type: ignore[index]  # JSON
    assert chain(frames)


async def test_what_retention_took_is_said(world: World) -> None:
    seller = Seller()
    first = await tell(world, seller, 0)
    rest = await tell(world, seller, *range(1, 510))  # NOTIFY keeps 500 an owner
    async with world.socket(seller, first[0]) as socket:
        assert (await hear(socket))["op"] == "ready"
        gap = await hear(socket)
        frames = await messages(socket, 500)
    assert (gap["op"], gap["from"]) == ("gap", first[0] + 1)
    assert gap["to"] == rest[9] - 1
    assert [frame["seq"] for frame in frames] == rest[9:]
    assert frames[0]["prev"] == gap["to"]


async def test_a_client_from_the_future_is_told(world: World) -> None:
    seller = Seller()
    (head,) = await tell(world, seller, 1)
    async with world.socket(seller, head + 1000) as socket:
        assert (await hear(socket))["head"] == head
        gap = await hear(socket)
        assert (gap["op"], gap["from"], gap["to"]) == ("gap", head + 1, head + 1000)
        await tell(world, seller, 2)
        assert (await messages(socket, 1))[0]["prev"] == head


async def test_two_sockets_of_one_owner_share_a_subscription(world: World) -> None:
    seller = Seller()
    async with world.socket(seller) as one, world.socket(seller) as two:
        assert [(await hear(one))["op"], (await hear(two))["op"]] == ["ready", "ready"]
        await tell(world, seller, 1)
        assert (await messages(one, 1)) == (await messages(two, 1))
        feed = world.edge.hub._feeds[seller.owner]
        assert len(feed.outlets) == 2

    async def left() -> bool:
        return seller.owner not in world.edge.hub._feeds

    assert await eventually(left)


async def test_authorization_can_come_with_the_upgrade(world: World) -> None:
    seller = Seller()
    url = world.url + "/v1/ws"
    socket_url = url.replace("http", "ws", 1)
    for signed in (url, socket_url):
        headers = {"Authorization": seller.signed(signed, "GET")}
        async with connect(socket_url, additional_headers=headers) as socket:
            await say(socket, {"op": "hello"})
            assert (await hear(socket))["op"] == "ready"
        with pytest.raises(InvalidStatus) as refused:
            await connect(socket_url, additional_headers=headers)
        assert refused.value.response.status_code == 401
        assert msgspec.json.decode(refused.value.response.body or b"")["code"] == "auth-replayed"


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (["nonsense"], (BAD_FRAME, "bad-request")),
        ([b"binary"], (BAD_FRAME, "bad-request")),
        (['{"op":"ack","seq":1}'], (BAD_FRAME, "bad-request")),
        (['{"op":"hello","lastSeq":-1}'], (BAD_FRAME, "bad-request")),
        (['{"op":"hello","surprise":1}'], (BAD_FRAME, "bad-request")),
        (['{"op":"hello","lastSeq":0}'], (NOT_PROVEN, "auth-missing")),
        (['{"op":"hello","token":"AAAA"}'], (NOT_PROVEN, "auth-malformed")),
        (["x" * 20_000], (1009, "")),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_bad_hello(world: World, frames: list[str | bytes], expected: tuple[int, str]) -> None:
    async with connect(world.url.replace("http", "ws", 1) + "/v1/ws") as socket:
        for frame in frames:
            await socket.send(frame)
        assert await closed_with(socket) == expected


async def test_a_token_for_something_else_or_used_before(world: World) -> None:
    seller = Seller()
    url = world.url + "/v1/ws"
    good = seller.signed(url, "GET").removeprefix("Nostr ")
    tokens = {
        "auth-wrong-url": seller.signed(world.url + "/v1/nodes", "GET").removeprefix("Nostr "),
        "auth-wrong-method": seller.signed(url, "POST").removeprefix("Nostr "),
        "auth-wrong-time": seller.signed(url, "GET", at=1).removeprefix("Nostr "),
    }
    async with connect(url.replace("http", "ws", 1)) as socket:
        await say(socket, {"op": "hello", "token": good})
        assert (await hear(socket))["op"] == "ready"
    for code, token in {**tokens, "auth-replayed": good}.items():
        async with connect(url.replace("http", "ws", 1)) as socket:
            await say(socket, {"op": "hello", "token": token})
            assert await closed_with(socket) == (NOT_PROVEN, code)


async def test_somebody_who_says_nothing_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.routes.socket.HELLO_WITHIN_S", 0.1)
    async with connect(world.url.replace("http", "ws", 1) + "/v1/ws") as socket:
        assert await closed_with(socket) == (NO_HELLO, "request-timeout")


async def test_hello_is_said_once(world: World) -> None:
    async with world.socket(Seller()) as socket:
        assert (await hear(socket))["op"] == "ready"
        await say(socket, {"op": "pong"})
        await say(socket, {"op": "hello"})
        assert await closed_with(socket) == (BAD_FRAME, "bad-request")


async def test_sockets_of_one_owner_are_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.streams.hub.MAX_SOCKETS", 1)
    assert MAX_SOCKETS > 1
    seller = Seller()
    async with world.socket(seller) as one:
        assert (await hear(one))["op"] == "ready"
        async with world.socket(seller) as two:
            assert (await closed_with(two))[1] == "too-many-sockets"
    async with world.socket(Seller()) as other:
        assert (await hear(other))["op"] == "ready"


async def test_there_is_no_socket_elsewhere(world: World) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(world.url.replace("http", "ws", 1) + "/v1/nothing")
    assert refused.value.response.status_code == 404


async def test_the_edge_says_that_it_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.streams.conversation.PING_EVERY_S", 0.05)
    async with world.socket(Seller()) as socket:
        assert (await hear(socket))["op"] == "ready"
        async with asyncio.timeout(30):
            assert msgspec.json.decode(await socket.recv())["op"] == "ping"


async def test_a_client_that_does_not_read_is_let_go_and_catches_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = Seller()
    url = world.url + "/v1/ws"
    headers = {"Authorization": seller.signed(url, "GET")}
    async with connect(url.replace("http", "ws", 1), additional_headers=headers, max_queue=1) as socket:
        await say(socket, {"op": "hello"})
        assert (await hear(socket))["op"] == "ready"

        async def dropped() -> bool:
            await tell(world, seller, *range(20), padding=15_000)
            return seller.owner not in world.edge.hub._feeds

        with monkeypatch.context() as impatient:
            impatient.setattr("services.edge.streams.conversation.SEND_WITHIN_S", 0.5)
            await eventually(dropped, within_s=60)
        await the_rest(socket)
        assert socket.close_code in (TOO_SLOW, 1006)  # 1006: what it had not read was in the way of the close frame
    async with world.socket(seller) as socket:
        head = int(str((await hear(socket))["head"]))
        frames: list[Json] = []
        while not frames or frames[-1]["seq"] != head:
            frames.append(await hear(socket))
    kept = [stored.seq for stored in await world.stored("NOTIFY", f"ntf.{seller.owner}")]
    assert [frame["seq"] for frame in frames if frame["op"] == "msg"] == kept


async def test_a_killed_server_costs_no_message_and_doubles_none(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        async with world.socket(seller) as socket:
            assert (await hear(socket))["op"] == "ready"
            told = await tell(world, seller, 0, 1)
            frames = await messages(socket, 2)
            for round_ in range(2):
                await world.server.kill()
                await world.server.restart()
                told += await tell(world, seller, *range(10 * round_ + 10, 10 * round_ + 20))
                frames += await messages(socket, 10)
        assert [frame["seq"] for frame in frames] == told
        assert chain(frames)


async def test_a_live_message_that_the_edge_never_heard_is_made_good(world: World) -> None:
    seller = Seller()
    async with world.socket(seller) as socket:
        assert (await hear(socket))["op"] == "ready"
        feed = world.edge.hub._feeds[seller.owner]
        assert feed.subscription is not None
        await feed.subscription.unsubscribe()  # the edge is deaf now
        await tell(world, seller, 1, 2)
        feed.subscription = await world.edge.bus.nc.subscribe(f"live.{seller.owner}", cb=feed.subscription._cb)
        await world.edge.bus.flush()
        await tell(world, seller, 3)
        frames = await messages(socket, 3)
    assert [frame["data"]["n"] for frame in frames] == [1, 2, 3]  # type: ignore[index]  # JSON
    assert chain(frames)
