"""Operators: an API key or a listed Nostr key opens what is theirs; everybody else is told what they lack."""

import base64
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest
from websockets.asyncio.client import connect as connect_socket

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.base import utc_text
from schemas.ids import op_of
from schemas.operators import NewKey, hash_of, new_key, owner_of_key, pubkey_of
from schemas.records import OperatorKey
from schemas.settings import SettingError
from services.edge.callers import api_keys
from services.edge.context import make_edge
from services.edge.streams.closing import NOT_PROVEN
from tests.contract.edge.telling import closed_with
from tests.contract.edge.world import Seller, World, code_of, hear, running_edge, say
from tests.secrets_search import files_below, search

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONE = "/v1/dns/zones/shop.test"


def bearer(key: NewKey) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.text}"}


@contextlib.asynccontextmanager
async def key_bucket(world: World) -> AsyncIterator[Bucket[OperatorKey]]:
    """The bucket as `mesh operators` writes it."""
    bus = await connect(world.settings, "operator")
    try:
        yield Bucket(bus, "operator-keys", OperatorKey)
    finally:
        await bus.close()


async def made_key(world: World, revoked: bool = False) -> NewKey:
    """An API key that stands, or stood."""
    key, now = new_key(), utc_text(time.time())
    record = OperatorKey(
        id=key.id, name="test", sha256=hash_of(key.text), made_at=now, revoked_at=now if revoked else None
    )
    async with key_bucket(world) as keys:
        assert await keys.create(key.id, record)
    return key


@contextlib.asynccontextmanager
async def operated(world: World, *operators: str, **settings: object) -> AsyncIterator[World]:
    """The same bus with an edge that `operators` may operate."""
    changed = msgspec.structs.replace(world.settings, operators=operators, **settings)
    async with running_edge(changed) as (edge, url):
        yield replace(world, edge=edge, url=url, settings=changed)


async def test_an_api_key_opens_what_is_the_operators(world: World) -> None:
    key = await made_key(world)
    for _ in range(2):
        answer = await world.client.get(world.url + ZONE, headers=bearer(key))
        assert answer.status_code == 200, answer.text
        assert answer.json()["zone"] == "shop.test"


async def test_a_listed_nostr_key_opens_it_too_and_its_session_reads(world: World) -> None:
    operator = Seller()
    async with operated(world, operator.pubkey) as mesh:
        assert (await mesh.call(operator, "GET", ZONE)).status_code == 200
        session = await mesh.call(operator, "POST", "/v1/sessions")
        token = {"Authorization": f"Bearer {session.json()['token']}"}
        assert (await mesh.client.get(mesh.url + ZONE, headers=token)).status_code == 200
        mesh.client.cookies.clear()


async def test_a_seller_is_told_that_they_are_no_operator_and_nobody_is_asked_who_they_are(world: World) -> None:
    seller = Seller()
    assert code_of(await world.client.get(world.url + ZONE)) == (401, "auth-missing")
    assert code_of(await world.call(seller, "GET", ZONE)) == (403, "not-an-operator")
    session = await world.call(seller, "POST", "/v1/sessions")
    token = {"Authorization": f"Bearer {session.json()['token']}"}
    assert code_of(await world.client.get(world.url + ZONE, headers=token)) == (403, "not-an-operator")
    world.client.cookies.clear()


async def test_unknown_revoked_and_broken_keys_are_refused(world: World) -> None:
    key, revoked = await made_key(world), await made_key(world, revoked=True)
    forged = NewKey(key.id, key.text[:-1] + ("A" if key.text[-1] != "A" else "B"))
    for wrong in (new_key(), revoked, forged):
        answer = await world.client.get(world.url + ZONE, headers=bearer(wrong))
        assert code_of(answer) == (401, "auth-key-unknown")
        assert "Bearer" in answer.headers["www-authenticate"]
    cut = await world.client.get(world.url + ZONE, headers=bearer(NewKey(key.id, key.text[:-2])))
    assert code_of(cut) == (401, "auth-malformed")


async def test_a_key_is_for_operating_and_for_reading_and_nothing_else(world: World) -> None:
    key = await made_key(world)
    claim = {"Idempotency-Key": "k", "Content-Type": "application/json", **bearer(key)}
    answer = await world.client.post(world.url + "/v1/register-username", content=b'{"username":"a"}', headers=claim)
    assert answer.status_code == 401
    ended = await world.client.delete(world.url + "/v1/sessions", headers=bearer(key))
    assert code_of(ended) == (401, "auth-malformed")
    assert (await world.client.get(world.url + "/v1/events", headers=bearer(key))).status_code == 200


async def test_a_revoked_key_is_refused_at_once_and_its_socket_is_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "LOOK_EVERY_S", 0.05)
    key = await made_key(world)
    async with connect_socket(world.url.replace("http", "ws", 1) + "/v1/ws") as socket:
        await say(socket, {"op": "hello", "session": key.text, "lastSeq": 0})
        assert (await hear(socket))["op"] == "ready"
        async with key_bucket(world) as keys:
            entry = await keys.get(key.id)
            assert entry is not None
            await keys.put(key.id, msgspec.structs.replace(entry.value, revoked_at=utc_text(time.time())))
        assert await closed_with(socket) == (NOT_PROVEN, "auth-key-unknown")
    assert code_of(await world.client.get(world.url + ZONE, headers=bearer(key))) == (401, "auth-key-unknown")


async def test_what_an_operator_asked_for_is_theirs_to_see_and_to_take_back(world: World) -> None:
    key = await made_key(world)
    owner = owner_of_key(key.id)
    theirs = replace(Seller(), key=b"\x01" * 32)
    assert theirs.owner != owner
    path = f"/v1/operations/{op_of(owner, 'k')}"
    unknown = (404, "operation-unknown")
    assert code_of(await world.client.get(world.url + path, headers=bearer(key))) == unknown
    assert code_of(await world.client.delete(world.url + path, headers=bearer(key))) == unknown
    assert code_of(await world.call(theirs, "DELETE", path)) == unknown
    assert len(pubkey_of(key.id)) == 64


async def test_who_calls_too_often_has_to_wait(world: World) -> None:
    key = await made_key(world)
    async with operated(world, operator_calls_per_minute=3) as mesh:
        answers = [await mesh.client.get(mesh.url + ZONE, headers=bearer(key)) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert code_of(answers[-1]) == (429, "too-many-calls")
        assert int(answers[-1].headers["retry-after"]) >= 1
        other = await made_key(world)
        assert (await mesh.client.get(mesh.url + ZONE, headers=bearer(other))).status_code == 200


async def test_only_configured_domains_are_zones(world: World) -> None:
    key = await made_key(world)
    answer = await world.client.get(world.url + "/v1/dns/zones/else.test", headers=bearer(key))
    assert code_of(answer) == (404, "zone-unknown")


async def test_an_operator_who_is_no_public_key_stops_the_start(world: World) -> None:
    wrong = msgspec.structs.replace(world.settings, operators=("npub1wrong",))
    with pytest.raises(SettingError, match="MESH_OPERATORS"):
        make_edge(wrong, world.edge.bus, None, world.edge.leaving)


async def test_the_key_is_stored_and_logged_nowhere(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    key = await made_key(world)
    await world.client.get(world.url + ZONE, headers=bearer(key))
    secret = key.text[-43:]
    said = "".join(capsys.readouterr())
    assert ZONE in said, "there is a log to look into"
    places = [("log", said.encode()), *files_below(world.server.folder)]
    assert any(key.id.encode() in content for _, content in places), "and a store"
    assert not search({"key": base64.urlsafe_b64decode(secret + "="), "its text": secret.encode()}, places)
