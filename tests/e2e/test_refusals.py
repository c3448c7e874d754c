"""Bad input from outside: a clear error with its code, and nothing stored."""

import time

import pytest

from bus.client.connection import connect
from schemas.nip98 import sign
from services.mesh.device.owner import Owner, Refused
from tests.harness import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("ſatoshi", "username-invalid"),
        ("a..b", "username-invalid"),
        ("a" * 64, "username-invalid"),
        ("Alice", "username-invalid"),
        ("-alice", "username-invalid"),
        ("admin", "username-reserved"),
        ("adm1n", "username-confusable"),
    ],
)
async def test_a_username_that_breaks_a_rule(calm: Mesh, username: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await calm.owner().register_username(username, "key")
    assert refused.value.code == code


async def test_a_name_without_a_node(calm: Mesh) -> None:
    with pytest.raises(Refused) as refused:
        await calm.owner().register_username("nodeless", "key")
    assert refused.value.code == "node-unknown"


async def test_a_mnemonic_with_a_bad_checksum(calm: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = calm.owner()
    monkeypatch.setattr(owner, "_mnemonic", " ".join(["abandon"] * 12))
    with pytest.raises(Refused) as refused:
        await owner.register_node("key")
    assert refused.value.code == "mnemonic-invalid"
    assert "abandon" not in str(refused.value)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"\xff\xfe{}", "application/json", 400, "malformed-json"),
        (b'{"username": "alice", "surprise": 1}', "application/json", 422, "invalid-body"),
        (b'{"username": 7}', "application/json", 422, "invalid-body"),
        (b"username=alice", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b" " * 10_000_000, "application/json", 413, "body-too-large"),
    ],
)
async def test_a_body_that_cannot_be_read(calm: Mesh, body: bytes, content_type: str, status: int, code: str) -> None:
    url = calm.stack.edge_url + "/v1/register-username"
    headers = {
        "Authorization": calm.owner().authorization("POST", url, body),
        "Idempotency-Key": "key",
        "Content-Type": content_type,
    }
    answer = await calm.client.post(url, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_an_authorization_that_is_not_for_this_request(calm: Mesh) -> None:
    url = calm.stack.edge_url + "/v1/register-username"
    body, now = b'{"username":"alice"}', int(time.time())
    key = b"\x07" * 32

    async def code(header: str | None) -> str:
        headers = {"Idempotency-Key": "key", "Content-Type": "application/json"}
        answer = await calm.client.post(
            url, content=body, headers=headers | ({"Authorization": header} if header else {})
        )
        assert answer.status_code == 401
        return str(answer.json()["code"])

    def signed(**changes: object) -> str:
        arguments = {"url": url, "method": "POST", "body": body, "created_at": now} | changes
        return sign(key, **arguments)  # type: ignore[arg-type]  # the cases below change one argument each

    assert await code(None) == "auth-missing"
    assert await code("Nostr !") == "auth-malformed"
    assert await code(signed(url=url + "?x=1")) == "auth-wrong-url"
    assert await code(signed(method="GET")) == "auth-wrong-method"
    assert await code(signed(body=b"{}")) == "auth-wrong-payload"
    assert await code(signed(created_at=now - 3600)) == "auth-wrong-time"
    good = signed()
    middle = len(good) - 60
    broken = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    assert await code(broken) in {"auth-bad-signature", "auth-malformed"}


async def test_an_event_that_was_used_before(calm: Mesh) -> None:
    owner = calm.owner()
    url = calm.stack.edge_url + "/v1/operations/" + "a" * 26
    headers = {"Authorization": owner.authorization("GET", url)}
    first = await calm.client.get(url, headers=headers)
    again = await calm.client.get(url, headers=headers)
    assert first.status_code == 404
    assert (again.status_code, again.json()["code"]) == (401, "auth-replayed")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing-here", 404, "not-found"),
        ("PUT", "/v1/nodes", 405, "method-not-allowed"),
        ("GET", "/v1/names/not a name", 422, "username-invalid"),
    ],
)
async def test_an_address_that_is_wrong(calm: Mesh, method: str, path: str, status: int, code: str) -> None:
    answer = await calm.client.request(method, calm.stack.edge_url + path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_same_key_with_another_body(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    first = await owner.register_username("same-key", "one-key")
    assert await owner.register_username("same-key", "one-key") == first
    with pytest.raises(Refused) as refused:
        await owner.register_username("other-name", "one-key")
    assert refused.value.code == "idempotency-conflict"
    assert (await calm.ended(owner, first))["state"] == "succeeded"


async def test_nothing_of_a_refused_request_is_kept(calm: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await _stored(calm)
    owner: Owner = calm.owner()
    for username in ("ſatoshi", "a..b", "a" * 64, "admin", "nodeless"):
        with pytest.raises(Refused):
            await owner.register_username(username, "key")
    monkeypatch.setattr(owner, "_mnemonic", " ".join(["abandon"] * 12))
    with pytest.raises(Refused):
        await owner.register_node("key")
    assert await _stored(calm) == before
    monkeypatch.undo()
    assert (await calm.node(owner))["state"] == "succeeded"
    assert await _stored(calm) != before, "this test would not notice that something was stored"


async def _stored(mesh: Mesh) -> dict[str, int]:
    """The newest sequence of everything that a request could leave something in."""
    bus = await connect(mesh.stack.settings(), "topology")
    try:
        streams = ("INGRESS", "LEDGER", "NOTIFY", "HISTORY", "DLQ", "KV_names", "KV_nodes", "KV_published")
        return {name: (await bus.js.stream_info(name)).state.last_seq for name in streams}
    finally:
        await bus.close()
