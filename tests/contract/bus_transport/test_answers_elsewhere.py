"""Whoever asks chooses where the answer goes: it must reach no further than the asker's own rights."""

import json

import pytest
from nats.aio.msg import Msg

from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.client.publish import publish
from bus.tables.streams import all_streams

from .conftest import Connect, Until, trespassing

ELSEWHERE = (
    "$JS.API.STREAM.DELETE.LEDGER",
    "$JS.API.STREAM.PURGE.TIMERS",
    "$JS.API.STREAM.PURGE.DLQ",
    "saga.o.p.published.dnssec-verifier",
    "ntf.o",
    "hist.o",
    "tick.offer-builder.p",
    "dlq.LEDGER.x",
    "$KV.names.alice",
    "$KV.published.alice",
    "_INBOX.topology.x",
)
STOREABLE = "req.v1.node.register.a"


@pytest.mark.parametrize("identity", ["shopstr", "edge"])
async def test_a_stored_request_read_back_to_elsewhere_goes_nowhere(join: Connect, identity: str) -> None:
    asker, root = await join(identity), await join("topology")
    await _something_to_lose(join)
    await publish(asker, STOREABLE, b"{}")
    before = await _stored(root)
    for subject in ELSEWHERE:
        for question in (b'{"last_by_subj":"%b"}' % STOREABLE.encode(), b'{"seq":1,"batch":1}'):
            await asker.nc.publish("$JS.API.DIRECT.GET.INGRESS", question, reply=subject)
    await asker.flush()
    await _asked_and_answered(asker)
    assert await _stored(root) == before


async def test_the_answer_to_a_publish_goes_nowhere_else(join: Connect) -> None:
    asker, root = await join("shopstr"), await join("topology")
    await _something_to_lose(join)
    before = await _stored(root)
    for number, subject in enumerate(ELSEWHERE):
        await asker.nc.publish(f"req.v1.node.register.b{number}", b"{}", reply=subject)
    await asker.flush()
    await publish(asker, STOREABLE, b"{}")
    after = await _stored(root)
    assert after.pop("INGRESS") == len(ELSEWHERE) + 1
    before.pop("INGRESS")
    assert after == before


async def test_a_pulled_message_goes_nowhere_else(join: Connect) -> None:
    worker, edge, root = await join("node-manager"), await join("edge"), await join("topology")
    await _something_to_lose(join)
    await publish(edge, STOREABLE, b"{}")
    before = await _stored(root)
    for subject in ELSEWHERE:
        request = json.dumps({"batch": 1, "no_wait": True}).encode()
        await worker.nc.publish("$JS.API.CONSUMER.MSG.NEXT.INGRESS.ingress-node-manager", request, reply=subject)
    await worker.flush()
    await js_request(worker, "CONSUMER.INFO.INGRESS.ingress-node-manager")
    assert await _stored(root) == before


async def test_nobody_acknowledges_for_another_through_an_answer(join: Connect, until: Until) -> None:
    asker = trespassing(await join("shopstr"))
    await asker.nc.publish(STOREABLE, b"+ACK", reply="$JS.ACK.LEDGER.notifier.1.1.1.1.0")
    await asker.flush()
    await until(lambda: any("with reply of" in denial for denial in asker.denials))


async def test_a_trace_of_a_message_goes_nowhere_else(join: Connect, until: Until) -> None:
    asker = trespassing(await join("edge"))
    await asker.nc.publish(STOREABLE, b"{}", headers={"Nats-Trace-Dest": "ntf.o"})
    await asker.flush()
    await until(lambda: asker.was_denied("ntf.o"))


async def test_a_mirrors_consumer_delivers_to_mirrors_alone(join: Connect, until: Until) -> None:
    edge, other, root = await join("edge"), await join("node-manager"), await join("topology")
    builder = await join("offer-builder")
    await publish(builder, "$KV.names.alice", b"{}")
    await _something_to_lose(join)
    heard: list[str] = []

    async def hear(msg: Msg) -> None:
        heard.append(msg.subject)

    inbox = other.nc.new_inbox()
    await other.nc.subscribe(inbox, cb=hear)
    await other.flush()
    before = await _stored(root)
    for number, subject in enumerate((inbox, *(to for to in ELSEWHERE if to != "$KV.names.alice"))):
        await _consumer(edge, f"c{number}", subject)
    arrived: list[str] = []

    async def arrive(msg: Msg) -> None:
        arrived.append(msg.subject)

    await edge.nc.subscribe("mirror.edge.mine", cb=arrive)
    await edge.flush()
    await _consumer(edge, "mine", "mirror.edge.mine")
    await until(lambda: bool(arrived))  # the last of them delivers, so the others had their chance
    assert heard == []
    assert await _stored(root) == before


async def test_what_an_edges_key_can_still_do_is_show_edges_what_they_may_read(join: Connect, until: Until) -> None:
    edge, victim, builder = await join("edge"), await join("edge"), await join("offer-builder")
    await publish(builder, "$KV.names.alice", b"{}")
    heard: list[str] = []

    async def hear(msg: Msg) -> None:
        heard.append(msg.subject)

    await victim.nc.subscribe("live.o", cb=hear)
    await victim.flush()
    await _consumer(edge, "false-news", "live.o")
    await until(lambda: bool(heard))  # `bus.tables.permissions` says so: it goes red the day the server stops this


async def _consumer(edge: Bus, name: str, deliver_subject: str) -> None:
    config = {
        "name": name,
        "deliver_subject": deliver_subject,
        "deliver_policy": "all",
        "ack_policy": "none",
        "filter_subject": "$KV.names.>",
        "mem_storage": True,
    }
    subject = f"CONSUMER.CREATE.KV_names.{name}.$KV.names.>"
    await js_request(edge, subject, {"stream_name": "KV_names", "config": config})


async def _something_to_lose(join: Connect) -> None:
    notifier, manager = await join("notifier"), await join("node-manager")
    await publish(notifier, "tick.notifier.p", b"{}")
    await publish(notifier, "dlq.LEDGER.notifier", b"{}")
    await publish(manager, "saga.o.p.offered.offer-builder", b"{}")


async def _asked_and_answered(asker: Bus) -> None:
    """The server has dealt with what `asker` sent before: it answers in order."""
    for _ in range(2):
        await asker.nc.request("$JS.API.DIRECT.GET.INGRESS", b'{"seq":1}', timeout=10)


async def _stored(root: Bus) -> dict[str, object]:
    found: dict[str, object] = {}
    for spec in all_streams():
        state = (await js_request(root, f"STREAM.INFO.{spec.name}"))["state"]
        assert isinstance(state, dict)
        found[spec.name] = state["messages"]
    return found
