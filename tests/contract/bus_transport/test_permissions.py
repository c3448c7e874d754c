"""What the server really lets each identity do: facts, seeds, streams, inboxes."""

import asyncio
import json
import urllib.request

import pytest
from nats.aio.msg import Msg

from bus.client.js_api import js_request
from bus.client.publish import Stored, publish
from bus.errors import BusDenied
from bus.servers.embedded import EmbeddedServer
from bus.tables.subjects import RESOLVE, WEBHOOK_SECRET, seed_hold, seed_open
from schemas.ids import OpId

from .conftest import Connect, Until, trespassing

OFFERED = "saga.o.p.offered.offer-builder"
PUBLISHED = "saga.o.p.published.dnssec-verifier"


async def test_a_worker_commits_its_own_fact_and_no_other(join: Connect) -> None:
    manager = trespassing(await join("node-manager"))
    assert await publish(manager, OFFERED, b"{}") == Stored(1, duplicate=False)
    with pytest.raises(BusDenied):
        await publish(manager, PUBLISHED, b"{}")
    with pytest.raises(BusDenied):
        await publish(manager, "saga.o.p.offered.notifier", b"{}")


@pytest.mark.parametrize("subject", ["saga.o.p.requested.offer-builder", "ntf.o", "$KV.names.alice", "tick.notifier.p"])
async def test_the_edge_writes_requests_only(join: Connect, subject: str) -> None:
    edge = trespassing(await join("edge"))
    with pytest.raises(BusDenied):
        await publish(edge, subject, b"{}")


@pytest.mark.parametrize("subject", ["saga.>", "_INBOX.node-manager.>", "$KV.>", "sec.>", ">", "$JS.ACK.>"])
async def test_nobody_listens_where_they_should_not(join: Connect, until: Until, subject: str) -> None:
    edge = trespassing(await join("edge"))
    await edge.nc.subscribe(subject)
    await edge.flush()
    await until(lambda: edge.was_denied(subject))


async def test_a_worker_cannot_change_a_stream(join: Connect) -> None:
    worker = trespassing(await join("dns-publisher"))
    for subject in ("STREAM.PURGE.LEDGER", "STREAM.DELETE.LEDGER", "CONSUMER.CREATE.LEDGER", "STREAM.CREATE.MINE"):
        with pytest.raises(BusDenied):
            await js_request(worker, subject, {}, timeout_s=1)


@pytest.mark.parametrize("rollup", ["all", "sub"])
async def test_no_header_can_erase_what_happened(join: Connect, rollup: str) -> None:
    manager, admin = await join("node-manager"), await join("topology")
    await publish(manager, "saga.o.q.offered.offer-builder", b"1")
    reply = await manager.nc.request(OFFERED, b"2", headers={"Nats-Rollup": rollup}, timeout=2)
    assert json.loads(reply.data)["error"]["err_code"] > 0
    state = (await js_request(admin, "STREAM.INFO.LEDGER"))["state"]
    assert isinstance(state, dict)
    assert state["messages"] == 1


async def test_not_even_the_deploy_tool_can_unsay_a_fact(join: Connect) -> None:
    manager, admin = await join("node-manager"), await join("topology")
    await publish(manager, OFFERED, b"1")
    for verb, body in (("PURGE", {}), ("MSG.DELETE", {"seq": 1})):
        answer = json.loads(
            (await admin.nc.request(f"$JS.API.STREAM.{verb}.LEDGER", json.dumps(body).encode(), timeout=5)).data
        )
        assert "error" in answer


async def test_a_sealed_box_reaches_its_node_manager_and_no_stream(join: Connect) -> None:
    edge, manager, admin = await join("sec-edge"), await join("sec-node-manager"), await join("topology")
    await js_request(admin, "STREAM.CREATE.SPY", {"name": "SPY", "subjects": ["sec.>"], "storage": "memory"})

    async def answer(msg: Msg) -> None:
        await manager.nc.publish(msg.reply, b"got " + msg.data)

    await manager.nc.subscribe(seed_open("one"), cb=answer)
    await manager.flush()
    assert (await edge.nc.request(seed_open("one"), b"box", timeout=5)).data == b"got box"
    state = (await js_request(admin, "STREAM.INFO.SPY"))["state"]
    assert isinstance(state, dict)
    assert state["messages"] == 0


async def test_a_webhooks_secret_goes_from_notifier_to_edge_and_nowhere_else(join: Connect, until: Until) -> None:
    edge, notifier, manager = await join("sec-edge"), await join("sec-notifier"), await join("sec-node-manager")

    async def answer(msg: Msg) -> None:
        await notifier.nc.publish(msg.reply, b"whsec_")

    await notifier.nc.subscribe(WEBHOOK_SECRET, queue="notifier", cb=answer)
    await notifier.flush()
    assert (await edge.nc.request(WEBHOOK_SECRET, b"?", timeout=5)).data == b"whsec_"
    for other in (trespassing(manager), trespassing(notifier)):
        await other.nc.publish(WEBHOOK_SECRET, b"?")
        await other.flush()
        await until(lambda other=other: other.was_denied(WEBHOOK_SECRET))  # type: ignore[misc]  # mypy cannot type a lambda's default
    trespassing(edge)
    await edge.nc.subscribe(WEBHOOK_SECRET)
    await edge.flush()
    await until(lambda: edge.was_denied(WEBHOOK_SECRET))


async def test_node_managers_ask_each_other_for_a_seed(join: Connect) -> None:
    one, other = await join("sec-node-manager"), await join("sec-node-manager")

    async def answer(msg: Msg) -> None:
        await one.nc.publish(msg.reply, b"held")

    await one.nc.subscribe(seed_hold(OpId("p")), cb=answer)
    await one.flush()
    assert (await other.nc.request(seed_hold(OpId("p")), b"?", timeout=5)).data == b"held"


async def test_the_seeds_account_has_no_jetstream(server: EmbeddedServer, join: Connect) -> None:
    edge = trespassing(await join("sec-edge"))
    with pytest.raises(BusDenied):
        await js_request(edge, "INFO", timeout_s=1)
    accounts = {name: await asyncio.to_thread(_account, server.monitor, name) for name in ("APP", "SEC")}
    assert accounts == {"APP": True, "SEC": False}


async def test_the_edge_asks_a_verifier_and_is_answered_once(join: Connect) -> None:
    edge, verifier = await join("edge"), await join("dnssec-verifier")

    async def answer(msg: Msg) -> None:
        await verifier.nc.publish(msg.reply, b"secure")

    await verifier.nc.subscribe(RESOLVE, queue="dnssec-verifier", cb=answer)
    await verifier.flush()
    assert (await edge.nc.request(RESOLVE, b"alice", timeout=5)).data == b"secure"


async def test_news_reaches_the_edge(join: Connect, until: Until) -> None:
    edge, manager, notifier = await join("edge"), await join("node-manager"), await join("notifier")
    heard: list[str] = []

    async def hear(msg: Msg) -> None:
        heard.append(msg.subject)

    await edge.nc.subscribe("live.o", cb=hear)
    await edge.nc.subscribe("op.p.*", cb=hear)
    await edge.flush()
    await publish(manager, OFFERED, b"{}")
    await publish(notifier, "ntf.o", b"{}")
    await until(lambda: sorted(heard) == ["live.o", "op.p.offered"])


def _account(monitor: str, name: str) -> bool:
    with urllib.request.urlopen(f"{monitor}/accountz?acc={name}", timeout=5) as answer:
        return bool(json.load(answer)["account_detail"]["jetstream_enabled"])
