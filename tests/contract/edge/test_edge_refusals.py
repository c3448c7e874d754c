"""Bad input at the edge: a clear problem, and nothing stored."""

import asyncio
import base64
import socket
import time
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from services.edge.web.guarded_http import MAX_HEAD_BYTES
from tests.contract.edge.world import Json, Seller, World, code_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/register-username"
GOOD: Json = {"username": "alice"}


async def post(world: World, body: bytes, content_type: str = "application/json", **headers: str) -> httpx.Response:
    seller = Seller()
    answer = await world.call(seller, "POST", PATH, body, Idempotency_Key="k", Content_Type=content_type, **headers)
    assert await world.nothing_stored(seller)
    return answer


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b" " * 10_000_000, "application/json", (413, "body-too-large")),
        (b"\xff\xfe{}", "application/json", (400, "malformed-json")),
        (b'{"username": "\xc3\x28"}', "application/json", (400, "malformed-json")),
        (b"{", "application/json", (400, "malformed-json")),
        (b'{"username": "alice", "surprise": 1}', "application/json", (422, "invalid-body")),
        (b'{"username": 7}', "application/json; charset=utf-8", (422, "invalid-body")),
        (b"username=alice", "application/x-www-form-urlencoded", (415, "unsupported-media-type")),
        (b'{"username": "alice"}', "application/json; charset=latin-1", (415, "unsupported-media-type")),
        ('{"username": "ſatoshi"}'.encode(), "application/json", (422, "username-invalid")),
        (b'{"username": "a..b"}', "application/json", (422, "username-invalid")),
        (b'{"username": "' + b"a" * 64 + b'"}', "application/json", (422, "username-invalid")),
        (b'{"username": "alice", "domain": "other.test"}', "application/json", (422, "domain-unknown")),
        (b'{"username": "alice"}', "application/json", (404, "node-unknown")),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_bad_body(world: World, body: bytes, content_type: str, expected: tuple[int, str]) -> None:
    assert code_of(await post(world, body, content_type)) == expected


async def test_a_body_without_a_declared_length_is_cut_off_too(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 8192

    answer = await world.client.post(
        world.url + PATH,
        content=endless(),
        headers={"Content-Type": "application/json", "Idempotency-Key": "k", "Authorization": "Nostr x"},
    )
    assert code_of(answer) == (413, "body-too-large")


async def test_the_idempotency_key(world: World) -> None:
    seller = Seller()
    assert code_of(await world.call(seller, "POST", PATH, GOOD)) == (400, "idempotency-key-missing")
    long = await world.call(seller, "POST", PATH, GOOD, Idempotency_Key="x" * 256)
    assert code_of(long) == (400, "bad-request")
    assert await world.nothing_stored(seller)


async def test_an_authorization_that_is_not_for_this_request(world: World) -> None:
    seller, other = Seller(), Seller()
    url, body = world.url + PATH, msgspec.json.encode(GOOD)
    good = seller.signed(url, "POST", body)
    now = time.time()
    cases = {
        "auth-wrong-url": seller.signed(world.url + "/v1/nodes", "POST", body),
        "auth-wrong-method": seller.signed(url, "PUT", body),
        "auth-wrong-payload": seller.signed(url, "POST", body + b" "),
        "auth-wrong-time": seller.signed(url, "POST", body, at=now - 3600),
        "auth-malformed": "Bearer " + good,
    }
    for code, header in cases.items():
        answer = await world.call(None, "POST", PATH, body, Idempotency_Key="k", Authorization=header)
        assert code_of(answer) == (401, code)
    missing = await world.call(None, "POST", PATH, body, Idempotency_Key="k")
    assert code_of(missing) == (401, "auth-missing")
    assert missing.headers["www-authenticate"] == "Nostr"
    future = await world.call(
        None, "POST", PATH, body, Idempotency_Key="k", Authorization=seller.signed(url, "POST", body, at=now + 3600)
    )
    assert code_of(future) == (401, "auth-wrong-time")
    query = await world.call(None, "POST", PATH + "?x=1", body, Idempotency_Key="k", Authorization=good)
    assert code_of(query) == (401, "auth-wrong-url")
    no_payload = await world.call(
        None, "POST", PATH, body, Idempotency_Key="k", Authorization=seller.signed(url, "POST")
    )
    assert code_of(no_payload) == (401, "auth-wrong-payload")
    assert await world.nothing_stored(seller)
    assert await world.nothing_stored(other)


async def test_a_broken_signature(world: World) -> None:
    seller = Seller()
    url, body = world.url + PATH, msgspec.json.encode(GOOD)
    event = msgspec.json.decode(base64.b64decode(seller.signed(url, "POST", body).removeprefix("Nostr ")))
    event["sig"] = ("1" if event["sig"][0] != "1" else "2") + event["sig"][1:]
    header = "Nostr " + base64.b64encode(msgspec.json.encode(event)).decode()
    answer = await world.call(None, "POST", PATH, body, Idempotency_Key="k", Authorization=header)
    assert code_of(answer) == (401, "auth-bad-signature")
    assert await world.nothing_stored(seller)


async def test_an_event_is_good_for_one_request_only(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    url, body = world.url + PATH, msgspec.json.encode(GOOD)
    header = seller.signed(url, "POST", body)
    first = await world.call(None, "POST", PATH, body, Idempotency_Key="one", Authorization=header)
    assert first.status_code == 202
    again = await world.call(None, "POST", PATH, body, Idempotency_Key="two", Authorization=header)
    assert code_of(again) == (401, "auth-replayed")
    requests = await world.stored("INGRESS", "req.v1.>")
    assert len([request for request in requests if seller.pubkey.encode() in request.data]) == 1


async def test_of_many_replays_at_once_one_gets_through(world: World) -> None:
    seller = Seller()
    path = "/v1/operations/" + "a" * 26
    header = seller.signed(world.url + path, "GET")
    answers = await asyncio.gather(*(world.call(None, "GET", path, Authorization=header) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [401] * 7 + [404]


async def test_a_refused_request_does_not_burn_its_event(world: World) -> None:
    seller = Seller()
    body = b'{"username": "a..b"}'
    header = seller.signed(world.url + PATH, "POST", body)
    for _ in range(2):
        answer = await world.call(None, "POST", PATH, body, Idempotency_Key="k", Authorization=header)
        assert code_of(answer) == (422, "username-invalid")


@pytest.mark.parametrize(
    ("method", "path", "expected", "allow"),
    [
        ("GET", "/v1/nothing", (404, "not-found"), None),
        ("GET", "/healthz/", (404, "not-found"), None),
        ("PATCH", "/v1/nodes", (405, "method-not-allowed"), "GET, HEAD, POST"),
        ("POST", "/v1/operations/" + "a" * 26, (405, "method-not-allowed"), "DELETE, GET, HEAD"),
        ("GET", "/v1/ws", (400, "bad-request"), None),
        ("GET", "/v1/names/nobody", (422, "username-invalid"), None),
        ("GET", "/v1/names/%FF@shop.test", (422, "username-invalid"), None),
        ("GET", "/v1/resolve/a@b@c", (422, "username-invalid"), None),
        ("GET", "/v1/operations/not-a-token", (404, "operation-unknown"), None),
    ],
)
async def test_a_wrong_address(
    world: World, method: str, path: str, expected: tuple[int, str], allow: str | None
) -> None:
    answer = await world.client.request(method, world.url + path)
    assert code_of(answer) == expected
    assert answer.headers.get("allow") == allow
    assert answer.headers["cache-control"] == "no-store"


async def test_somebody_elses_operation_does_not_exist(world: World) -> None:
    seller, stranger = Seller(), Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "mine-alone")
    for method in ("GET", "DELETE"):
        answer = await world.call(stranger, method, f"/v1/operations/{ref.op}")
        assert code_of(answer) == (404, "operation-unknown")
    assert (await world.call(seller, "GET", f"/v1/operations/{ref.op}")).status_code == 200


async def raw(world: World, *parts: bytes) -> bytes:
    """What the server says to raw bytes, until it closes."""
    host, port = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "parts",
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n",),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", *[b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(30)]),
        (b"GET /" + b"a" * (MAX_HEAD_BYTES + 1),),
    ],
    ids=["one long header", "many headers", "endless address"],
)
async def test_headers_without_end_are_cut_off(world: World, parts: tuple[bytes, ...]) -> None:
    said = await raw(world, *parts)
    assert b" 431 " in said.split(b"\r\n")[0]
    assert b'"code":"headers-too-large"' in said


async def test_what_is_not_http_is_a_problem_too(world: World) -> None:
    said = await raw(world, b"\x16\x03\x01\x02\x00\r\n\r\n")
    assert b'"code":"bad-request"' in said


async def test_a_head_that_never_ends_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.web.guarded_http.HEAD_WITHIN_S", 0.1)
    said = await raw(world, b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert b'"code":"request-timeout"' in said


async def test_a_body_that_trickles_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.edge.web.body.READ_WITHIN_S", 0.1)
    head = (
        b"POST /v1/register-username HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"
        b"Authorization: Nostr x\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{"
    )
    said = await raw(world, head)
    assert b'"code":"request-timeout"' in said


async def test_a_client_that_hangs_up_in_the_middle_harms_nobody(world: World) -> None:
    host, port = world.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as rude:
        rude.sendall(
            b"POST /v1/nodes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        )
    assert (await world.client.get(world.url + "/healthz")).status_code == 200
