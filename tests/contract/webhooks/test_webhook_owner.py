"""The owner's side: making, changing, rotating, pinging, disabling, redelivering; refusals; and no secret anywhere."""

import asyncio
import base64
from pathlib import Path

import pytest
import structlog
from standardwebhooks import Webhook, WebhookVerificationError

from bus.tables import subjects
from schemas.base import encode
from schemas.settings import SettingError
from schemas.webhooks import MAX_WEBHOOKS, SecretWanted
from tests.contract.edge.world import Json, Seller, code_of, eventually, running_world
from tests.contract.webhooks.harbour import EVENTS, Harbour, harbour_in, key_file
from tests.contract.webhooks.receiver import Reply, listening
from tests.secrets_search import files_below, search

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE = "username.register.requested"


async def _true(value: bool) -> bool:
    return value


async def test_a_webhook_is_made_read_changed_and_removed_by_its_owner_alone(harbour: Harbour) -> None:
    seller, other = Seller(), Seller()
    body: Json = {"url": "http://127.0.0.1:9/hook", "events": ["username.*"], "description": "shop"}
    call = harbour.world.call
    answer = await call(seller, "POST", "/v1/webhooks", body, Idempotency_Key="k", Prefer="wait=20")
    again = await call(seller, "POST", "/v1/webhooks", body, Idempotency_Key="k", Prefer="wait=20")
    assert (answer.status_code, answer.json()["id"]) == (202, again.json()["id"])
    changed = {**body, "url": "http://127.0.0.1:9/other"}
    assert code_of(await call(seller, "POST", "/v1/webhooks", changed, Idempotency_Key="k")) == (
        422,
        "idempotency-conflict",
    )
    hook = f"/v1/webhooks/{again.json()['result']['webhookId']}"
    view = (await call(seller, "GET", hook)).json()
    assert (view["url"], view["events"], view["state"]) == (body["url"], body["events"], "enabled")
    assert (await harbour.result(seller, "PATCH", hook, {"enabled": False}))["state"] == "disabled"
    assert (await harbour.result(seller, "PATCH", hook, {"events": []}))["state"] == "disabled"
    assert (await harbour.result(seller, "POST", f"{hook}/enable"))["state"] == "enabled"
    listed = (await call(seller, "GET", "/v1/webhooks")).json()["webhooks"]
    assert [(found["events"], found["description"]) for found in listed] == [([], "shop")]
    for method, path in (("GET", hook), ("GET", f"{hook}/secret"), ("GET", f"{hook}/deliveries")):
        assert code_of(await call(other, method, path)) == (404, "webhook-unknown")
    for method, path in (("DELETE", hook), ("POST", f"{hook}/ping"), ("POST", f"{hook}/rotate-secret")):
        assert code_of(await call(other, method, path, Idempotency_Key="k")) == (404, "webhook-unknown")
    await harbour.result(seller, "DELETE", hook)
    assert code_of(await call(seller, "GET", hook)) == (404, "webhook-unknown")
    told = [notification for notification in await harbour.told(seller) if notification.type.startswith("webhook.")]
    assert "hook" not in str([notification.data.get("host") for notification in told])
    assert not [notification for notification in told if "/other" in str(notification) or "/hook" in str(notification)]


async def test_a_session_reads_webhooks_and_never_their_secret(harbour: Harbour) -> None:
    seller, call = Seller(), harbour.world.call
    hook = await harbour.hook(seller, "http://127.0.0.1:9/hook")
    token = (await call(seller, "POST", "/v1/sessions")).json()["token"]
    harbour.world.client.cookies.clear()  # or whoever is nobody below would be this seller
    for path in ("/v1/webhooks", hook, f"{hook}/deliveries"):
        assert (await call(None, "GET", path, Authorization=f"Bearer {token}")).status_code == 200
    refused = await call(None, "GET", f"{hook}/secret", Authorization=f"Bearer {token}")
    assert refused.status_code == 401
    assert "whsec_" not in refused.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "ftp://shop.example/"}, "webhook-url-invalid"),
        ({"url": "https://user:pw@shop.example/"}, "webhook-url-invalid"),
        ({"url": "https://shop.example/#x"}, "webhook-url-invalid"),
        ({"url": "https://0x7f.1/"}, "webhook-url-invalid"),
        ({"url": "https://shop.example/" + "a" * 1024}, "invalid-body"),
        ({"url": "https://shop.example/", "events": ["username.*.x"]}, "webhook-events-invalid"),
        ({"url": "https://shop.example/", "events": ["a"] * 17}, "invalid-body"),
        ({"url": "https://shop.example/", "surprise": 1}, "invalid-body"),
        ({}, "invalid-body"),
    ],
)
async def test_a_bad_request_is_refused_and_leaves_nothing(harbour: Harbour, body: Json, code: str) -> None:
    seller = Seller()
    answer = await harbour.world.call(seller, "POST", "/v1/webhooks", body, Idempotency_Key="k")
    assert code_of(answer) == (422, code)
    assert "pw" not in answer.text
    assert await harbour.world.nothing_stored(seller)


async def test_what_needs_no_body_takes_none_and_what_is_no_id_is_nobodys(harbour: Harbour) -> None:
    seller = Seller()
    call = harbour.world.call
    hook = await harbour.hook(seller, "http://127.0.0.1:9/")
    assert code_of(await call(seller, "POST", f"{hook}/ping", {"a": 1}, Idempotency_Key="k")) == (422, "invalid-body")
    assert code_of(await call(seller, "POST", f"{hook}/ping")) == (400, "idempotency-key-missing")
    assert code_of(await call(None, "GET", hook)) == (401, "auth-missing")
    assert code_of(await call(seller, "GET", f"{hook}/deliveries?before=x")) == (400, "bad-request")
    assert code_of(await call(seller, "GET", "/v1/webhooks/..%2f")) in ((404, "webhook-unknown"), (404, "not-found"))
    path = f"{hook}/deliveries/msg_{'a' * 26}/redeliver"
    operation = await harbour.done(seller, "POST", path)
    assert isinstance(operation["problem"], dict)
    assert operation["problem"]["code"] == "delivery-unknown"


async def test_an_owner_has_so_many_webhooks_and_no_more(harbour: Harbour) -> None:
    seller = Seller()
    body: Json = {"url": "http://127.0.0.1:9/hook"}
    ended = await asyncio.gather(*(harbour.done(seller, "POST", "/v1/webhooks", body) for _ in range(MAX_WEBHOOKS + 3)))
    assert sorted(str(operation["state"]) for operation in ended) == ["failed"] * 3 + ["succeeded"] * MAX_WEBHOOKS
    assert {operation["problem"]["code"] for operation in ended if operation["problem"]} == {"webhook-limit"}  # type: ignore[index]  # JSON


async def test_a_rotation_signs_with_both_secrets_for_a_while(harbour: Harbour) -> None:
    seller = Seller()
    async with listening() as receiver:
        hook = await harbour.hook(seller, receiver.url(), ONE)
        old = await harbour.secret(seller, hook)
        result = await harbour.result(seller, "POST", f"{hook}/rotate-secret")
        new = await harbour.secret(seller, hook)
        await harbour.happen(seller, 0)
        await eventually(lambda: _true(len(receiver.received) == 1), within_s=30)
    assert (result["secretVersion"], old != new) == (2, True)
    (request,) = receiver.received
    for secret in (old, new):
        Webhook(secret).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(request.body + b" ", request.headers)
    assert (await harbour.world.call(seller, "GET", hook)).json()["previousSecretUntil"] is not None


async def test_a_ping_says_what_the_receiver_answered(harbour: Harbour) -> None:
    seller = Seller()
    async with listening(lambda received: Reply(200 if len(received) == 1 else 418)) as receiver:
        hook = await harbour.hook(seller, receiver.url(), "nothing.of.this")
        first = await harbour.result(seller, "POST", f"{hook}/ping")
        await harbour.result(seller, "PATCH", hook, {"enabled": False})
        second = await harbour.result(seller, "POST", f"{hook}/ping")
        Webhook(await harbour.secret(seller, hook)).verify(receiver.received[1].body, receiver.received[1].headers)
    third = await harbour.result(seller, "POST", f"{hook}/ping")
    assert (first["accepted"], first["status"], first["error"]) == (True, 200, None)
    assert (second["accepted"], second["status"]) == (False, 418)
    assert (third["accepted"], third["status"], third["error"]) == (False, None, "connect")
    assert receiver.types == ["webhook.ping"] * 2
    assert set(await harbour.states(seller, hook)) == {"delivered", "failed"}


async def test_the_log_is_paged_newest_first_and_a_delivery_is_sent_again(harbour: Harbour) -> None:
    seller = Seller()
    async with listening() as receiver:
        hook = await harbour.hook(seller, receiver.url())
        await harbour.happen(seller)
        await eventually(lambda: _over(harbour, seller, hook, EVENTS), within_s=30)
        pages: list[Json] = []
        query = "?limit=3"
        for _ in range(3):
            answer = (await harbour.world.call(seller, "GET", f"{hook}/deliveries{query}")).json()
            pages += answer["deliveries"]
            query = f"?limit=3&before={answer['next']}"
        assert answer["next"] is None
        seqs = [int(str(delivery["seq"])) for delivery in pages]
        assert seqs == sorted(seqs, reverse=True)
        assert {delivery["messageId"] for delivery in pages} == set(receiver.ids)
        again = pages[-1]["messageId"]
        result = await harbour.result(seller, "POST", f"{hook}/deliveries/{again}/redeliver")
        await eventually(lambda: _true(len(receiver.received) == EVENTS + 1), within_s=30)
        await eventually(lambda: _over(harbour, seller, hook, EVENTS), within_s=30)
        newest = (await harbour.log(seller, hook))[0]
    assert f"msg_{result['deliveryId']}" == again == receiver.ids[-1] == newest["messageId"]
    assert isinstance(newest["attempts"], list)
    assert len(newest["attempts"]) == 2


async def _over(harbour: Harbour, seller: Seller, hook: str, count: int) -> bool:
    states = await harbour.states(seller, hook)
    return len(states) == count and set(states) <= {"delivered", "failed"}


async def test_long_failure_disables_once_holds_what_comes_and_enabling_goes_on(tmp_path: Path) -> None:
    seller = Seller()
    async with (
        harbour_in(tmp_path, webhook_disable_after_s=1.0) as harbour,
        harbour.notifier(),
        listening(lambda _: Reply(500)) as receiver,
    ):
        hook = await harbour.hook(seller, receiver.url(), ONE)
        for _ in range(3):
            await harbour.happen(seller, 0)
        await eventually(lambda: _told_disabled(harbour, seller), within_s=40)
        view = (await harbour.world.call(seller, "GET", hook)).json()
        assert (view["state"], view["disabledBy"]) == ("disabled", "failing")
        await harbour.happen(seller, 0)
        await eventually(lambda: _held(harbour, seller, hook), within_s=40)
        path = f"{hook}/deliveries/{(await harbour.log(seller, hook))[0]['id']}/redeliver"
        refused = await harbour.done(seller, "POST", path)
        assert refused["problem"]["code"] == "webhook-disabled"  # type: ignore[index]  # JSON
        receiver.answer = lambda _: Reply()
        await harbour.result(seller, "POST", f"{hook}/enable")
        sent = len(receiver.received)
        for delivery in await harbour.log(seller, hook):
            await harbour.result(seller, "POST", f"{hook}/deliveries/{delivery['id']}/redeliver")
        await harbour.happen(seller, 0)
        await eventually(lambda: _over(harbour, seller, hook, 5), within_s=40)
        assert await harbour.states(seller, hook) == ["delivered"] * 5
        assert len(set(receiver.ids[sent:])) == 5
        types = [told.type for told in await harbour.told(seller)]
        assert types.count("webhook.disable.webhook-disabled") == 1


async def _told_disabled(harbour: Harbour, seller: Seller) -> bool:
    return any(told.type == "webhook.disable.webhook-disabled" for told in await harbour.told(seller))


async def _held(harbour: Harbour, seller: Seller, hook: str) -> bool:
    states = await harbour.states(seller, hook)
    return len(states) == 4 and states[0] == "held" and "sending" not in states


async def test_only_the_edge_may_ask_for_a_secret_and_only_for_one_that_is_there(harbour: Harbour) -> None:
    seller = Seller()
    edge = harbour.world.edge
    assert edge.sec is not None
    for question in (b"nonsense", b"\xff", encode(SecretWanted(owner=seller.owner, webhook_id="x"))):
        answer = await edge.sec.nc.request(subjects.WEBHOOK_SECRET, question, timeout=10)
        assert b"refused" in answer.data
        assert b"whsec_" not in answer.data


async def test_no_secret_and_no_url_is_left_in_the_store_or_the_log(tmp_path: Path) -> None:
    seller = Seller()
    with structlog.testing.capture_logs() as lines:
        async with harbour_in(tmp_path) as harbour, harbour.notifier(), listening() as receiver:
            hook = await harbour.hook(seller, receiver.url())
            secrets = [await harbour.secret(seller, hook)]
            await harbour.result(seller, "POST", f"{hook}/rotate-secret")
            secrets.append(await harbour.secret(seller, hook))
            await harbour.happen(seller)
            await eventually(lambda: _true(len(receiver.received) >= EVENTS), within_s=30)
            key = Path(harbour.settings.webhook_key_file)
            master = base64.b64decode(key.read_text())
            key.unlink()
    named = {f"secret {n}": base64.b64decode(secret.removeprefix("whsec_")) for n, secret in enumerate(secrets)}
    named["master"] = master
    assert not search(named, files_below(tmp_path))
    log = str(lines)
    assert not search(named, [("log", log.encode())])
    assert "webhook.attempt" in log
    assert "t0ps3cr3t" not in log
    (tmp_path / "planted.log").write_text(f"oops {secrets[1]}")
    assert {hit.secret for hit in search(named, files_below(tmp_path))} == {"secret 1"}


async def test_with_another_key_the_notifier_does_not_start_and_changes_nothing(tmp_path: Path) -> None:
    async with harbour_in(tmp_path / "one") as harbour:
        (tmp_path / "other").mkdir()
        async with harbour.notifier():
            pass
        with pytest.raises(SettingError, match="not the key"):
            async with harbour.notifier(webhook_key_file=key_file(tmp_path / "other")):
                pass
        async with harbour.notifier():
            pass


async def test_without_a_key_webhooks_say_so_and_the_rest_works(tmp_path: Path) -> None:
    seller = Seller()
    async with running_world(tmp_path, webhooks_allow_private=True, ack_wait_s=2.0) as world:
        harbour = Harbour(world)
        async with harbour.notifier():
            operation = await harbour.done(seller, "POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/"})
            assert operation["problem"]["code"] == "webhooks-unavailable"  # type: ignore[index]  # JSON
            path = f"/v1/webhooks/{'a' * 26}/secret"
            assert code_of(await world.call(seller, "GET", path)) == (503, "webhooks-unavailable")
            await harbour.happen(seller)
            await eventually(lambda: _has_been_told(harbour, seller), within_s=30)


async def _has_been_told(harbour: Harbour, seller: Seller) -> bool:
    return len([told for told in await harbour.told(seller) if told.type.startswith("username.")]) == EVENTS
