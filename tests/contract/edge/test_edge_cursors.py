"""Named cursors: a device may forget where it was; edges agree; nothing is ever skipped for one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from bus.buckets.kv import Bucket
from schemas.records import CursorRecord
from tests.contract.edge.telling import chain, closed_with, messages, streaming, tell
from tests.contract.edge.world import Json, Seller, World, code_of, eventually, hear, running_edge, say

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def other(world: World) -> AsyncIterator[World]:
    """A second edge on the same bus."""
    async with running_edge(world.settings) as (edge, url):
        yield replace(world, edge=edge, url=url)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One server has no follower that could lag: what it does not show is not looked for again. And write soon."""
    monkeypatch.setattr("services.edge.streams.cursors.WRITE_EVERY_S", 0.05)
    monkeypatch.setattr("services.edge.streams.owner_log.LOOK_AGAIN_S", (0.0,))


async def greeted(world: World, seller: Seller, socket: ClientConnection, **hello: object) -> None:
    token = seller.signed(world.url + "/v1/ws", "GET").removeprefix("Nostr ")
    await say(socket, {"op": "hello", "token": token, **hello})


def address(world: World) -> str:
    return world.url.replace("http", "ws", 1) + "/v1/ws"


async def cursors(world: World, seller: Seller) -> dict[str, int]:
    answer = await world.call(seller, "GET", "/v1/events/cursors")
    assert answer.status_code == 200, answer.text
    return {cursor["device"]: cursor["seq"] for cursor in answer.json()["cursors"]}


async def reaches(world: World, seller: Seller, expected: dict[str, int]) -> None:
    async def there() -> bool:
        return await cursors(world, seller) == expected

    assert await eventually(there, within_s=30)


async def ack(world: World, seller: Seller, device: str, seq: int) -> None:
    answer = await world.call(seller, "POST", "/v1/events/ack", {"device": device, "seq": seq})
    assert (answer.status_code, answer.json()) == (202, {"device": device, "seq": seq})


async def test_a_device_that_forgot_goes_on_at_another_edge(world: World, other: World) -> None:
    seller = Seller()
    told = await tell(world, seller, 1, 2, 3)
    async with connect(address(world)) as socket:
        await greeted(world, seller, socket, device="phone")
        assert (await hear(socket))["op"] == "ready"
        await messages(socket, 3)
        await say(socket, {"op": "ack", "seq": told[1]})
    await reaches(other, seller, {"phone": told[1]})
    async with connect(address(other)) as socket:
        await greeted(other, seller, socket, device="phone")
        assert (await hear(socket))["op"] == "ready"
        frames = await messages(socket, 1)
        assert frames[0]["seq"] == told[2]
        assert chain(frames, told[1])
    async with streaming(other, seller, "?device=phone") as stream:
        assert [heard.id for heard in (await stream.take(2))[1:]] == [str(told[2])]
    paged = await world.call(seller, "GET", "/v1/events?device=phone")
    assert [event["seq"] for event in paged.json()["events"]] == [told[2]]
    async with connect(address(other)) as socket:  # another device has a place of its own
        await greeted(other, seller, socket, device="desk")
        assert (await hear(socket))["op"] == "ready"
        assert [frame["seq"] for frame in await messages(socket, 3)] == told


async def test_what_a_client_remembers_itself_counts_more_than_its_cursor(world: World) -> None:
    seller = Seller()
    told = await tell(world, seller, 1, 2, 3)
    await ack(world, seller, "d", told[2])
    async with connect(address(world)) as socket:
        await greeted(world, seller, socket, device="d", lastSeq=0)
        assert (await hear(socket))["op"] == "ready"
        assert [frame["seq"] for frame in await messages(socket, 3)] == told
    async with streaming(world, seller, "?device=d", Last_Event_ID=str(told[0])) as stream:
        assert [heard.id for heard in (await stream.take(3))[1:]] == [str(seq) for seq in told[1:]]


async def test_a_page_asked_after_is_an_ack_of_what_was_before(world: World, impatient: None) -> None:
    seller = Seller()
    told = await tell(world, seller, 1, 2, 3, 4)
    seen = list[int]()
    query = "?device=d&limit=2"
    while events := (await world.call(seller, "GET", f"/v1/events{query}")).json()["events"]:
        seen += [event["seq"] for event in events]
        query = f"?device=d&limit=2&after={seen[-1]}"
    assert seen == told
    await reaches(world, seller, {"d": told[-1]})
    await world.call(seller, "GET", f"/v1/events?device=d&after={told[-1] + 1000}")  # from the future: no ack
    await world.call(seller, "GET", "/v1/events?device=d&after=0")  # nor is going back one
    assert await cursors(world, seller) == {"d": told[-1]}


async def test_an_ack_never_moves_a_cursor_back_whichever_edge_takes_it(world: World, other: World) -> None:
    seller = Seller()
    told = await tell(world, seller, *range(8))
    await asyncio.gather(*(ack(edge, seller, "d", seq) for seq in told for edge in (world, other)))
    await reaches(world, seller, {"d": told[-1]})
    await ack(other, seller, "d", told[0])
    await other.edge.cursors.flush(seller.owner, "d")
    assert await cursors(world, seller) == {"d": told[-1]}


async def test_acks_are_written_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.streams.cursors.WRITE_EVERY_S", 3600.0)
    seller = Seller()
    told = await tell(world, seller, *range(50))
    async with connect(address(world)) as socket:
        await greeted(world, seller, socket, device="d")
        assert (await hear(socket))["op"] == "ready"
        revisions = set[int]()
        for frame in await messages(socket, 50):
            await say(socket, {"op": "ack", "seq": frame["seq"]})
            found = await Bucket(world.edge.bus, "cursors", CursorRecord).get(f"{seller.owner}.d")
            revisions |= {found.revision} if found else set()
        assert len(revisions) <= 1, "the first at once, the others wait"
    await reaches(world, seller, {"d": told[-1]})  # the socket's end wrote them


async def test_a_cursor_beyond_the_log_silences_nobody(world: World, impatient: None) -> None:
    seller = Seller()
    told = await tell(world, seller, 1, 2)
    key = f"{seller.owner}.d"
    bucket = Bucket(world.edge.bus, "cursors", CursorRecord)
    for door in ("socket", "stream", "page"):
        await bucket.put(key, CursorRecord(device="d", seq=told[-1] + 1000, at=""))
        match door:
            case "socket":
                async with connect(address(world)) as socket:
                    await greeted(world, seller, socket, device="d")
                    assert (await hear(socket))["op"] == "ready"
                    seen = [frame["seq"] for frame in await messages(socket, 2)]
            case "stream":
                async with streaming(world, seller, "?device=d") as stream:
                    seen = [int(heard.id) for heard in (await stream.take(3))[1:]]
            case _:
                answer = await world.call(seller, "GET", "/v1/events?device=d")
                seen = [event["seq"] for event in answer.json()["events"]]
        assert seen == told, door
        assert await bucket.get(key) is None, "and it does not stand in the way later"


async def test_a_deleted_cursor_begins_anew(world: World, other: World) -> None:
    seller = Seller()
    told = await tell(world, seller, 1, 2)
    await ack(world, seller, "d", told[1])
    await reaches(other, seller, {"d": told[1]})
    assert (await world.call(seller, "DELETE", "/v1/events/cursors/d")).status_code == 204
    assert await cursors(other, seller) == {}
    again = await other.call(seller, "DELETE", "/v1/events/cursors/d")
    assert code_of(again) == (404, "cursor-unknown")
    await ack(other, seller, "d", told[0])
    await reaches(world, seller, {"d": told[0]})


async def test_cursors_of_one_owner_are_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.streams.cursors.MAX_DEVICES", 2)
    seller = Seller()
    (seq,) = await tell(world, seller, 1)
    for device in ("a", "b"):
        await ack(world, seller, device, seq)
    await reaches(world, seller, {"a": seq, "b": seq})
    refused = await world.call(seller, "POST", "/v1/events/ack", {"device": "c", "seq": seq})
    assert code_of(refused) == (429, "too-many-devices")
    for accept in ("application/json", "text/event-stream"):
        answer = await world.call(seller, "GET", "/v1/events?device=c", Accept=accept)
        assert code_of(answer) == (429, "too-many-devices")
    async with connect(address(world)) as socket:
        await greeted(world, seller, socket, device="c")
        assert (await closed_with(socket))[1] == "too-many-devices"
    await ack(world, seller, "a", seq)
    assert await cursors(world, seller) == {"a": seq, "b": seq}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"device": "d", "seq": 10**9}, (422, "sequence-unknown")),
        ({"device": "d", "seq": -1}, (422, "invalid-body")),
        ({"device": "d", "seq": "1"}, (422, "invalid-body")),
        ({"device": "d", "seq": 1 << 53}, (422, "invalid-body")),
        ({"device": "", "seq": 0}, (422, "invalid-body")),
        ({"device": "a.b", "seq": 0}, (422, "invalid-body")),
        ({"device": "d\n", "seq": 0}, (422, "invalid-body")),
        ({"device": "*", "seq": 0}, (422, "invalid-body")),
        ({"device": "d"}, (422, "invalid-body")),
        ({"device": "d", "seq": 0, "owner": "x"}, (422, "invalid-body")),
    ],
    ids=str,
)
async def test_an_ack_that_cannot_be(world: World, impatient: None, body: Json, expected: tuple[int, str]) -> None:
    seller = Seller()
    await tell(world, seller, 1)
    assert code_of(await world.call(seller, "POST", "/v1/events/ack", body)) == expected
    assert await cursors(world, seller) == {}


async def test_a_socket_cannot_ack_what_it_was_never_given(world: World) -> None:
    seller = Seller()
    (seq,) = await tell(world, seller, 1)
    async with connect(address(world)) as socket:
        await greeted(world, seller, socket, device="d")
        assert (await hear(socket))["op"] == "ready"
        await messages(socket, 1)
        await say(socket, {"op": "ack", "seq": seq + 1000})
        await say(socket, {"op": "ack", "seq": seq})
    await reaches(world, seller, {"d": seq})


async def test_cursors_are_ones_own(world: World) -> None:
    seller, other = Seller(), Seller()
    (seq,) = await tell(world, seller, 1)
    await ack(world, seller, "d", seq)
    await reaches(world, seller, {"d": seq})
    assert await cursors(world, other) == {}
    assert code_of(await world.call(other, "DELETE", "/v1/events/cursors/d")) == (404, "cursor-unknown")
    assert await cursors(world, seller) == {"d": seq}
    for method, path in (("GET", ""), ("DELETE", "/d")):
        assert code_of(await world.call(None, method, f"/v1/events/cursors{path}")) == (401, "auth-missing")
    assert code_of(await world.call(None, "POST", "/v1/events/ack", {"device": "d", "seq": 0})) == (401, "auth-missing")


async def test_a_session_may_mark_what_it_read(world: World) -> None:
    seller = Seller()
    (seq,) = await tell(world, seller, 1)
    token = (await world.call(seller, "POST", "/v1/sessions")).json()["token"]
    authorization = f"Bearer {token}"
    body: Json = {"device": "d", "seq": seq}
    assert (await world.call(None, "POST", "/v1/events/ack", body, Authorization=authorization)).status_code == 202
    await reaches(world, seller, {"d": seq})
    gone = await world.call(None, "DELETE", "/v1/events/cursors/d", Authorization=authorization)
    assert gone.status_code == 204


@pytest.mark.parametrize("device", ["", "A", "a.b", "a" * 33, "a\n", "*"])
async def test_a_hello_of_no_device(world: World, device: str) -> None:
    async with connect(address(world)) as socket:
        await greeted(world, Seller(), socket, device=device)
        assert (await closed_with(socket))[1] == "bad-request"
