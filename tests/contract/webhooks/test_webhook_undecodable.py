"""An alarm that names no delivery is refused at its first delivery, and receivers are called all the same."""

from pathlib import Path

from bus.client import direct
from bus.client.connection import connect
from bus.client.publish import publish
from bus.tables import subjects
from schemas.base import encode
from schemas.ids import Owner
from schemas.webhooks import DeliveryId, DeliveryRef, WebhookId
from tests.contract.edge.world import Seller, eventually
from tests.contract.webhooks.harbour import EVENTS, harbour_in
from tests.contract.webhooks.receiver import listening

ID = "b" * 26
NOBODYS = DeliveryRef(owner=Owner("*"), webhook_id=WebhookId(">"), id=DeliveryId(ID))
BROKEN = (b"", b"\xff{", b"null", b"[" * 3_000, encode(NOBODYS))


async def test_an_alarm_of_no_delivery_is_refused_at_once(tmp_path: Path) -> None:
    async with harbour_in(tmp_path) as harbour, harbour.notifier(), listening() as receiver:
        operator = await connect(harbour.settings, "operator")
        for number, body in enumerate(BROKEN):
            await publish(operator, subjects.delivery_tick(ID[:-1] + "cdefg"[number] if number < 4 else ID), body)

        async def buried() -> list[direct.Stored]:
            found = await direct.following(operator, "DLQ", "dlq.TIMERS.tick-webhook", 0, 100, None)
            return found if len(found) == len(BROKEN) else []

        letters = await eventually(buried, within_s=60)
        assert [letter.headers["X-Delivered"] for letter in letters] == ["1"] * len(BROKEN)
        seller = Seller()
        await harbour.hook(seller, receiver.url())
        await harbour.happen(seller)

        async def called() -> bool:
            return len(receiver.received) >= EVENTS

        await eventually(called, within_s=60)
        await operator.close()
