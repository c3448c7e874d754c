"""What is told reaches the receiver, once, signed; what fails comes again when the bus says so."""

import asyncio

import msgspec
import pytest
from standardwebhooks import Webhook

from bus.client import connection
from bus.client.spelling import consumer_config
from bus.tables.streams import WEBHOOKS_DURABLE, consumer
from tests.contract.edge.world import Seller, eventually
from tests.contract.webhooks.harbour import EVENTS, Harbour
from tests.contract.webhooks.receiver import Received, Reply, listening

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _true(value: bool) -> bool:
    return value


async def test_every_event_arrives_once_signed_and_as_it_was_told(harbour: Harbour) -> None:
    seller = Seller()
    async with listening() as receiver:
        before = await harbour.happen(seller)
        await eventually(lambda: _told(harbour, seller, EVENTS))  # what is told later would be sent, as it should
        hook = await harbour.hook(seller, receiver.url())
        secret = await harbour.secret(seller, hook)
        op = await harbour.happen(seller)
        await eventually(lambda: _true(len(receiver.received) >= EVENTS), within_s=30)
        await eventually(lambda: _all_over(harbour, seller, hook, EVENTS))
        told = [notification for notification in await harbour.told(seller) if notification.op == op.ref.op]
    assert before.ref.op not in {request.event["operation"] for request in receiver.received}
    assert len(set(receiver.ids)) == len(receiver.ids) == len(told) == EVENTS
    by_id = {notification.id: notification for notification in told}
    for request in receiver.received:
        Webhook(secret).verify(request.body, request.headers)
        notification = by_id[str(request.event["id"])]
        assert request.event["data"] == notification.data
        assert (request.event["type"], request.event["code"]) == (notification.type, notification.code)
        assert request.headers["content-type"] == "application/json"
        assert request.path == "/hook?token=t0ps3cr3t"
    in_order = sorted(receiver.received, key=lambda request: int(str(request.event["seq"])))
    assert [request.event["id"] for request in in_order] == [notification.id for notification in told]


async def _told(harbour: Harbour, seller: Seller, count: int) -> bool:
    return len(await harbour.told(seller)) == count


async def _all_over(harbour: Harbour, seller: Seller, hook: str, count: int) -> bool:
    states = await harbour.states(seller, hook)
    return len(states) == count and set(states) <= {"delivered", "failed"}


async def test_only_the_events_that_were_asked_for_are_sent(harbour: Harbour) -> None:
    seller = Seller()
    async with listening() as receiver:
        hook = await harbour.hook(seller, receiver.url(), "username.register.activated", "node.*")
        await harbour.happen(seller)
        await eventually(lambda: _all_over(harbour, seller, hook, 1), within_s=30)
        await harbour.happen(seller)
        await eventually(lambda: _all_over(harbour, seller, hook, 2), within_s=30)
    assert receiver.types == ["username.register.activated"] * 2


async def test_what_fails_comes_again_under_the_same_id_with_a_fresh_signature(harbour: Harbour) -> None:
    seller = Seller()
    answers = [Reply(500), Reply(404), Reply(302, ("location: http://127.0.0.1:1/",)), Reply(200, body=b"x" * 100_000)]
    async with listening(lambda received: answers[len(received) - 1]) as receiver:
        hook = await harbour.hook(seller, receiver.url(), "username.register.requested")
        secret = await harbour.secret(seller, hook)
        await harbour.happen(seller, 0)
        await eventually(lambda: _all_over(harbour, seller, hook, 1), within_s=30)
        (delivery,) = await harbour.log(seller, hook)
        assert (await harbour.kept(seller, hook)).failing_since is None
    assert len(set(receiver.ids)) == 1
    assert len({request.body for request in receiver.received}) == 1
    for request in receiver.received:
        Webhook(secret).verify(request.body, request.headers)
    assert delivery["state"] == "delivered"
    attempts = msgspec.convert(delivery["attempts"], list[dict[str, object]])
    assert [attempt["status"] for attempt in attempts] == [500, 404, 302, 200]
    assert delivery["messageId"] == receiver.ids[0]


async def test_a_redelivered_notification_is_not_sent_again(harbour: Harbour) -> None:
    """The notifier's place in NOTIFY is lost: everything is told to it again, from the first message on."""
    seller = Seller()
    async with listening() as receiver:
        hook = await harbour.hook(seller, receiver.url())
        await harbour.happen(seller)
        await eventually(lambda: _all_over(harbour, seller, hook, EVENTS), within_s=30)
        topology = await connection.connect(harbour.settings, "topology")
        await topology.js.delete_consumer("NOTIFY", WEBHOOKS_DURABLE)
        config = consumer_config(consumer("NOTIFY", WEBHOOKS_DURABLE), harbour.settings)
        request = {"stream_name": "NOTIFY", "config": config}
        await topology.nc.request(
            f"$JS.API.CONSUMER.CREATE.NOTIFY.{WEBHOOKS_DURABLE}.ntf.*", msgspec.json.encode(request)
        )
        await harbour.happen(seller, 0)
        await eventually(lambda: _all_over(harbour, seller, hook, EVENTS + 1), within_s=30)
        info = None
        while info is None or info.num_pending or info.num_ack_pending:
            info = await topology.js.consumer_info("NOTIFY", WEBHOOKS_DURABLE)
            await asyncio.sleep(0.05)
        await topology.close()
    assert len(receiver.ids) == len(set(receiver.ids)) == EVENTS + 1


async def test_retry_after_is_honoured(harbour: Harbour) -> None:
    seller = Seller()

    def answer(received: list[Received]) -> Reply:
        return Reply(429, ("retry-after: 2",)) if len(received) == 1 else Reply(503, ("retry-after: 2",))

    async with listening(lambda seen: answer(seen) if len(seen) < 3 else Reply()) as receiver:
        hook = await harbour.hook(seller, receiver.url(), "username.register.requested")
        await harbour.happen(seller, 0)
        await eventually(lambda: _all_over(harbour, seller, hook, 1), within_s=40)
    first, second, third = (request.at for request in receiver.received)
    assert second - first >= 1.9
    assert third - second >= 1.9


async def test_410_ends_it_at_once_and_the_owner_is_told(harbour: Harbour) -> None:
    seller = Seller()
    async with listening(lambda _: Reply(410)) as receiver:
        hook = await harbour.hook(seller, receiver.url(), "username.register.requested")
        await harbour.happen(seller, 0)
        await eventually(lambda: _disabled(harbour, seller), within_s=30)
        await eventually(lambda: _all_over(harbour, seller, hook, 1), within_s=30)
        (delivery,) = await harbour.log(seller, hook)
    assert (delivery["state"], delivery["reason"], len(receiver.received)) == ("failed", "gone", 1)
    view = (await harbour.world.call(seller, "GET", hook)).json()
    assert (view["state"], view["disabledBy"]) == ("disabled", "gone")


async def _disabled(harbour: Harbour, seller: Seller) -> bool:
    told = [notification for notification in await harbour.told(seller) if notification.code == "webhook-disabled"]
    assert len(told) <= 1
    return bool(told) and told[0].type == "webhook.disable.webhook-disabled"


async def test_no_event_about_webhooks_is_sent_by_webhook(harbour: Harbour) -> None:
    seller = Seller()
    async with listening() as receiver:
        hook = await harbour.hook(seller, receiver.url())
        other = await harbour.hook(seller, receiver.url("/other"))
        await harbour.result(seller, "POST", f"{other}/rotate-secret")
        await harbour.result(seller, "DELETE", other)
        await harbour.happen(seller, 0)
        await eventually(lambda: _all_over(harbour, seller, hook, 1), within_s=30)
    assert set(receiver.types) == {"username.register.requested"}
    assert any(notification.type.startswith("webhook.") for notification in await harbour.told(seller))
