"""What the server gave up is kept and answered; what stands still is ticked; advisories are the server's alone."""

import contextlib

import msgspec
import pytest
from nats.aio.msg import Msg

from bus.client import connection, direct
from bus.client.connection import Bus
from bus.client.delivery import Delivery, Refused
from bus.client.publish import publish
from bus.requests.refusal import refusal_of
from bus.tables import subjects
from bus.tables.streams import CONSUMERS
from schemas.base import encode
from schemas.refused import RequestRefused
from services.notifier.advisories import MAX_DELIVER, Advisories
from tests.contract.edge.world import eventually
from tests.contract.notifier.place import Place, request_of, somebody


async def test_what_the_server_gave_up_is_kept_with_its_body(place: Place) -> None:
    """A worker that takes a message and dies, every time it is allowed to."""
    pubkey = somebody()
    op = await place.begin(request_of(pubkey, "k"))
    bus = place.workers["offer-builder"]
    taken = 0
    async with place.notifier():
        subscription = await bus.js.pull_subscribe_bind(consumer="offer-builder", stream="LEDGER")

        async def buried() -> bool:
            nonlocal taken
            try:
                (message,) = await subscription.fetch(1, timeout=1)
                taken += 1
                await message.nak()
            except TimeoutError:
                pass
            return bool(await _dead(place))

        await eventually(buried, within_s=40)
        (letter,) = await _dead(place)
    assert taken == next(spec.max_deliver for spec in CONSUMERS if spec.name == "offer-builder")
    assert letter["X-Orig-Subject"] == f"saga.{op.ref.owner}.{op.ref.op}.requested.offer-builder"
    assert letter["X-Reason"] == "never acknowledged"
    assert letter["subject"] == "dlq.LEDGER.offer-builder"
    assert "username.register.v1" in letter["body"]


async def test_a_request_that_no_worker_survives_is_answered(place: Place) -> None:
    request = request_of(somebody(), "k")
    edge = await connection.connect(place.settings, "edge")
    await publish(edge, subjects.request("username", "register", request.op), encode(request))
    taker = await place.workers["offer-builder"].js.pull_subscribe_bind(
        consumer="ingress-offer-builder", stream="INGRESS"
    )
    async with place.notifier():

        async def answered() -> direct.Stored | None:
            with contextlib.suppress(TimeoutError):
                (message,) = await taker.fetch(1, timeout=1)
                await message.nak()
            return await refusal_of(edge, request.op)

        refused = await eventually(answered, within_s=40)
        assert refused is not None
        assert msgspec.json.decode(refused.data, type=RequestRefused).code == "internal"
        letters = await eventually(lambda: _dead(place), within_s=40)
    assert letters[0]["subject"] == "dlq.INGRESS.ingress-offer-builder"
    await edge.close()


async def _dead(place: Place) -> list[dict[str, str]]:
    topology = await connection.connect(place.settings, "topology")
    state = (await topology.js.stream_info("DLQ")).state
    found = []
    for seq in range(state.first_seq, state.last_seq + 1) if state.messages else ():
        message = await topology.js.get_msg("DLQ", seq)
        body = (message.data or b"").decode()
        found.append({**(message.headers or {}), "subject": str(message.subject), "body": body})
    await topology.close()
    return found


async def test_a_stalled_operation_is_ticked(place: Place) -> None:
    async with place.notifier():
        op = await place.begin(request_of(somebody(), "k"))
        topology = await connection.connect(place.settings, "topology")

        async def ticked() -> bool:
            info = await topology.js.stream_info("TIMERS", subjects_filter=f"tick.offer-builder.{op.ref.op}")
            return bool(info.state.subjects)

        await eventually(ticked, within_s=30)
        await topology.close()


@pytest.mark.parametrize(
    "body", [b"not json", b"\xff", b'{"type":"something.else"}', b'{"type":"%s"}' % MAX_DELIVER.encode()]
)
async def test_an_advisory_that_cannot_be_read_is_refused(place: Place, body: bytes) -> None:
    spec = next(spec for spec in CONSUMERS if spec.stream == "ADVISORY")
    message = Msg(_client=place.workers["notifier"].nc, subject="$JS.EVENT.ADVISORY.CONSUMER.X", data=body)
    verdict = await Advisories(place.workers["notifier"]).on_advisory(Delivery(message, spec, message._client))
    assert isinstance(verdict, Refused)


async def test_nobody_can_forge_an_advisory(place: Place) -> None:
    for bus in place.workers.values():
        await bus.nc.publish("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.LEDGER.notifier", b"{}")
        await bus.flush()
        await eventually(lambda bus=bus: _denied(bus))  # type: ignore[misc]  # mypy cannot type a lambda's default


async def _denied(bus: Bus) -> bool:
    return bus.was_denied("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.LEDGER.notifier")
