"""Short sessions: bought by one signature, good for reading only, and over when they are over."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from services.edge.callers.reading import cookie_name
from services.edge.streams.closing import NOT_PROVEN
from tests.contract.edge.telling import closed_with, messages, streaming, tell
from tests.contract.edge.world import Seller, World, code_of, eventually, hear, running_edge, say
from tests.secrets_search import files_below, search

pytestmark = pytest.mark.asyncio(loop_scope="module")

SESSIONS = "/v1/sessions"


async def begun(world: World, seller: Seller) -> str:
    """The token of a new session."""
    answer = await world.call(seller, "POST", SESSIONS)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextlib.asynccontextmanager
async def short_lived(world: World, session_s: int) -> AsyncIterator[World]:
    """The same bus with an edge whose sessions last `session_s`."""
    settings = msgspec.structs.replace(world.settings, session_s=session_s)
    async with running_edge(settings) as (edge, url):
        yield replace(world, edge=edge, url=url, settings=settings)


async def test_one_signature_reads_many_times_at_every_edge(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller)
    token = await begun(world, seller)
    async with running_edge(world.settings) as (_, elsewhere):
        for url in (world.url, world.url, elsewhere):
            for path in (f"/v1/operations/{ref.op}", "/v1/events", "/v1/events/cursors"):
                answer = await world.client.get(url + path, headers=bearer(token))
                assert answer.status_code == 200, (path, answer.text)


async def test_the_token_is_stored_and_logged_nowhere(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    seller = Seller()
    token = await begun(world, seller)
    owner, _, text = token.partition(".")
    wrong = f"{owner}.{text[::-1]}"
    for header in (bearer(token), bearer(wrong), bearer(token + "x"), {"Cookie": f"mesh-session={token}"}):
        await world.client.get(world.url + "/v1/events", headers=header)
    async with connect(world.url.replace("http", "ws", 1) + "/v1/ws") as socket:
        await say(socket, {"op": "hello", "session": token})
        assert (await hear(socket))["op"] == "ready"
    async with connect(world.url.replace("http", "ws", 1) + "/v1/ws") as socket:
        await say(socket, {"op": "hello", "session": token, "surprise": token})
        assert (await closed_with(socket))[1] == "bad-request"
    said = "".join(capsys.readouterr())
    assert "/v1/events" in said, "there is a log to look into"
    places = [("log", said.encode()), *files_below(world.server.folder)]
    assert any(owner.encode() in content for _, content in places), "and a store"
    secret = base64.urlsafe_b64decode(text + "=")
    assert not search({"token": secret, "its text": text.encode()}, places)
    assert not search({"wrong": wrong.encode()}, places[:1])


async def test_a_session_only_reads(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller)
    token = await begun(world, seller)
    claim = await world.call(
        None, "POST", "/v1/register-username", {"username": "bob"}, Idempotency_Key="other", **bearer(token)
    )
    assert code_of(claim) == (401, "auth-malformed")
    cancel = await world.client.delete(f"{world.url}/v1/operations/{ref.op}", headers=bearer(token))
    assert code_of(cancel) == (401, "auth-malformed")
    again = await world.client.post(world.url + SESSIONS, headers=bearer(token))
    assert code_of(again) == (401, "auth-malformed"), "a session does not beget sessions"


async def test_only_the_owners_things_are_read(world: World) -> None:
    seller, other = Seller(), Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller)
    token = await begun(world, other)
    answer = await world.client.get(f"{world.url}/v1/operations/{ref.op}", headers=bearer(token))
    assert code_of(answer) == (404, "operation-unknown")
    forged = f"{seller.owner}.{token.partition('.')[2]}"
    answer = await world.client.get(f"{world.url}/v1/operations/{ref.op}", headers=bearer(forged))
    assert code_of(answer) == (401, "auth-session-over")


@pytest.mark.parametrize("token", ["x", "a.b", f"{'a' * 26}.{'b' * 42}", f"{'a' * 26}.{'b' * 44}", f"*.{'b' * 43}"])
async def test_what_is_no_token(world: World, token: str) -> None:
    answer = await world.client.get(world.url + "/v1/events", headers=bearer(token))
    assert code_of(answer) == (401, "auth-malformed")


async def test_an_unknown_token(world: World) -> None:
    token = f"{Seller().owner}.{'b' * 43}"
    answer = await world.client.get(world.url + "/v1/events", headers=bearer(token))
    assert code_of(answer) == (401, "auth-session-over")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_socket_takes_it_in_the_upgrade_or_in_the_hello(world: World) -> None:
    seller = Seller()
    token = await begun(world, seller)
    await tell(world, seller, 1)
    url = world.url.replace("http", "ws", 1) + "/v1/ws"
    for _ in range(2):  # and more than once
        async with connect(url, additional_headers=bearer(token)) as socket:
            await say(socket, {"op": "hello"})
            assert (await hear(socket))["op"] == "ready"
            await messages(socket, 1)
        async with connect(url) as socket:
            await say(socket, {"op": "hello", "session": token})
            assert (await hear(socket))["op"] == "ready"
            await messages(socket, 1)
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, additional_headers=bearer("x"))
    assert refused.value.response.status_code == 401
    async with connect(url) as socket:
        await say(socket, {"op": "hello", "session": f"{seller.owner}.{'b' * 43}"})
        assert await closed_with(socket) == (NOT_PROVEN, "auth-session-over")
    async with connect(url, additional_headers={"Cookie": f"mesh-session={token}"}) as socket:
        await say(socket, {"op": "hello"})
        assert await closed_with(socket) == (NOT_PROVEN, "auth-missing")


async def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_anything_but_a_get(world: World) -> None:
    seller = Seller()
    answer = await world.call(seller, "POST", SESSIONS)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.headers["cache-control"] == "no-store"
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie, "the public URL of this edge is plain http"
    jar = httpx.Cookies({"mesh-session": answer.json()["token"]})
    async with httpx.AsyncClient(cookies=jar) as browser:
        url = world.url + "/v1/events"
        assert (await browser.get(url)).status_code == 200
        assert (await browser.get(url, headers={"Sec-Fetch-Site": "same-origin"})).status_code == 200
        for site in ("same-site", "cross-site"):
            assert code_of(await browser.get(url, headers={"Sec-Fetch-Site": site})) == (401, "auth-missing")
        ack = {"device": "d", "seq": 0}
        assert code_of(await browser.post(url + "/ack", json=ack)) == (401, "auth-missing")
        assert code_of(await browser.delete(url + "/cursors/d")) == (401, "auth-missing")
        assert code_of(await browser.delete(world.url + SESSIONS)) == (401, "auth-missing")
        assert (await browser.get(url)).status_code == 200, "and it still stands"


async def test_behind_https_the_cookie_is_secure(world: World) -> None:
    edge = replace(world.edge, settings=msgspec.structs.replace(world.edge.settings, public_url="https://pay.test"))
    assert cookie_name(edge) == "__Host-mesh-session"


async def test_its_end_ends_what_streams_under_it(world: World) -> None:
    seller = Seller()
    async with short_lived(world, 5) as short:  # long enough to begin both streams on a busy machine
        token = await begun(short, seller)
        url = short.url.replace("http", "ws", 1) + "/v1/ws"
        async with streaming(short, None, **bearer(token)) as stream, connect(url) as socket:
            await say(socket, {"op": "hello", "session": token})
            last = None
            while heard := await stream.next():
                last = heard
            assert last is not None
            assert (last.event, last.data["code"]) == ("problem", "auth-session-over")
            assert await closed_with(socket) == (NOT_PROVEN, "auth-session-over")
        answer = await short.client.get(short.url + "/v1/events", headers=bearer(token))
        assert code_of(answer) == (401, "auth-session-over")

        async def gone() -> bool:
            return not await world.stored("KV_sessions", f"$KV.sessions.{seller.owner}.*")

        assert await eventually(gone, within_s=30), "the server forgets it too"


async def test_ended_by_its_bearer_while_another_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.callers.sessions.LOOK_EVERY_S", 0.05)
    seller = Seller()
    one, two = await begun(world, seller), await begun(world, seller)
    async with streaming(world, None, **bearer(one)) as first, streaming(world, None, **bearer(two)) as second:
        assert [heard.event for heard in (*await first.take(1), *await second.take(1))] == ["ready", "ready"]
        answer = await world.client.delete(world.url + SESSIONS, headers=bearer(one))
        assert (answer.status_code, answer.content) == (204, b"")
        assert "max-age=0" in answer.headers["set-cookie"].lower()
        (last,) = await first.take(1)
        assert (last.event, last.data["code"]) == ("problem", "auth-session-over")
        assert await first.next() is None
        await tell(world, seller, 1)
        assert [heard.data["op"] for heard in await second.take(1)] == ["msg"]


async def test_a_signature_ends_all_of_the_owners(world: World) -> None:
    seller, other = Seller(), Seller()
    tokens = [await begun(world, seller) for _ in range(2)]
    theirs = await begun(world, other)
    assert (await world.call(seller, "DELETE", SESSIONS)).status_code == 204
    for token in tokens:
        answer = await world.client.get(world.url + "/v1/events", headers=bearer(token))
        assert code_of(answer) == (401, "auth-session-over")
    assert (await world.client.get(world.url + "/v1/events", headers=bearer(theirs))).status_code == 200


async def test_sessions_of_one_owner_are_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.callers.sessions.MAX_SESSIONS", 2)
    seller = Seller()
    for _ in range(2):
        await begun(world, seller)
    assert code_of(await world.call(seller, "POST", SESSIONS)) == (429, "too-many-sessions")
    await begun(world, Seller())


async def test_a_session_needs_a_signature_of_its_own(world: World) -> None:
    seller = Seller()
    assert code_of(await world.call(None, "POST", SESSIONS)) == (401, "auth-missing")
    signed = seller.signed(world.url + SESSIONS, "POST")
    answers = await asyncio.gather(
        *(world.client.post(world.url + SESSIONS, headers={"Authorization": signed}) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401]
    assert code_of(await world.call(seller, "POST", SESSIONS, {"x": 1})) == (422, "invalid-body")
