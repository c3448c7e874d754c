"""What a node has, on every edge: seen as soon as it is written, to its owner alone, and never older than demanded."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from schemas.base import utc_text
from schemas.ids import Owner, op_of
from schemas.records import Outgoing
from services.edge.routes.health import READS_THROUGH
from tests.contract.edge.test_edge_fresh import second_edge
from tests.contract.edge.world import Seller, World, code_of, eventually, running_world, shown
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_NODE = "03" + "cd" * 32
PATH = f"/v1/nodes/{NODE}/balance"


async def read(world: World, seller: Seller, url: str, path: str = PATH, **headers: str) -> httpx.Response:
    """A signed read at the edge behind `url`; every edge expects signatures for its own URL here."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.client.get(url + path, headers={"Authorization": seller.signed(url + path, "GET"), **sent})


async def test_a_balance_is_its_owners_and_nobody_elses(world: World) -> None:
    seller, stranger = Seller(), Seller()
    await world.give_node(seller)
    await eventually(lambda: _has(world, seller, "/v1/nodes", lambda found: found["nodes"] != []))
    unread = await world.call(seller, "GET", PATH)
    assert code_of(unread) == (404, "balance-unknown")
    assert unread.json()["retryable"] is True
    seq = await world.give_balance(seller, 40_000)
    demanded = await shown(world.edge.balances, seq)
    answer = await world.call(seller, "GET", PATH, X_Revision=demanded)
    assert answer.status_code == 200
    assert answer.json() == {
        "nodeId": NODE,
        "channelMsat": "40000",
        "spendableMsat": "20000",
        "receivableMsat": "7",
        "reservedMsat": "0",
        "freeMsat": "20000",
        "pendingMsat": "0",
        "confirmedMsat": "1000",
        "unconfirmedMsat": "0",
        "asOf": "2026-01-01T00:00:00.000Z",
        "current": True,
        "staleS": 0,
        "running": True,
        "seq": seq,
    }
    assert answer.headers["x-revision"] == demanded
    assert code_of(await world.call(stranger, "GET", PATH)) == (404, "node-unknown")
    assert code_of(await world.call(None, "GET", PATH)) == (401, "auth-missing")
    assert code_of(await world.call(seller, "GET", "/v1/nodes/x/balance")) == (404, "node-unknown")
    assert code_of(await world.call(seller, "GET", PATH, X_Revision="mine")) == (400, "bad-request")


async def test_all_nodes_together_are_the_sum_of_those_that_were_read(world: World) -> None:
    seller = Seller()
    assert (await world.call(seller, "GET", "/v1/balance")).json()["nodes"] == []
    await world.give_node(seller)
    newest = await world.give_node(seller, OTHER_NODE)
    seq = await world.give_balance(seller, 40_000, as_of="2026-01-02T00:00:00.000Z")
    demanded = f"{await shown(world.edge.balances, seq)},{await shown(world.edge.nodes, newest)}"
    found = (await world.call(seller, "GET", "/v1/balance", X_Revision=demanded)).json()
    assert (found["channelMsat"], found["unread"], found["current"]) == ("40000", [OTHER_NODE], False)
    seq = await world.give_balance(seller, 1 << 62, OTHER_NODE)
    demanded = await shown(world.edge.balances, seq)
    answer = await world.call(seller, "GET", "/v1/balance", X_Revision=demanded)
    found = answer.json()
    assert (found["channelMsat"], found["confirmedMsat"]) == (str((1 << 62) + 40_000), "2000")
    assert (found["unread"], found["current"], found["seq"]) == ([], True, seq)
    assert found["asOf"] == "2026-01-01T00:00:00.000Z", "the oldest"
    assert [node["nodeId"] for node in found["nodes"]] == [NODE, OTHER_NODE]
    assert answer.headers["x-revision"].startswith(f"{demanded},node-views=")


async def test_what_payments_may_cost_is_reserved_and_what_is_meant_for_none_is_free(world: World) -> None:
    seller, other = Seller(), Seller()
    for one in (seller, other):
        for node in (NODE, OTHER_NODE):
            await shown(world.edge.nodes, await world.give_node(one, node))
            await shown(world.edge.balances, await world.give_balance(one, 40_000, node))
    told = reserved("told", 3_000, attempts=1)
    seq = await world.give_purse(seller, told, reserved("untold", 500), reserved("far", 70_000, OTHER_NODE))
    demanded = await shown(world.edge.purses, seq)
    answer = await world.call(seller, "GET", PATH, X_Revision=demanded)
    assert (answer.json()["reservedMsat"], answer.json()["freeMsat"]) == ("3500", "19500")
    assert answer.headers["x-revision"].split(",")[1] == demanded
    together = (await world.call(seller, "GET", "/v1/balance", X_Revision=demanded)).json()
    assert (together["reservedMsat"], together["freeMsat"]) == ("73500", "19500")
    nobodys = (await world.call(other, "GET", "/v1/balance")).json()
    assert (nobodys["reservedMsat"], nobodys["freeMsat"]) == ("0", "40000")


async def test_how_old_a_balance_may_be_is_said_unless_somebody_would_have_told_of_a_change(world: World) -> None:
    seller, now = Seller(), world.edge.clock()
    for node, is_current in ((NODE, True), (OTHER_NODE, False)):
        await world.give_node(seller, node)
        await world.give_balance(seller, 5, node, current=is_current, as_of=utc_text(now - 100))

    async def told() -> bool:
        nodes = (await world.call(seller, "GET", "/v1/balance")).json()["nodes"]
        return len(nodes) == 2

    await eventually(told)
    found = (await world.call(seller, "GET", "/v1/balance")).json()
    fresh, stale = found["nodes"]
    assert fresh["staleS"] == 0
    assert stale["staleS"] >= 99
    assert found["staleS"] >= stale["staleS"]


def reserved(name: str, msat: int, node_id: str = NODE, attempts: int = 0) -> Outgoing:
    """A payment that is not over."""
    return Outgoing(
        op=op_of(Owner("o" * 26), name),
        node_id=node_id,
        payment_hash=name,
        msat=msat,
        since=1.0,
        attempts=attempts,
    )


async def test_a_session_may_read_a_balance(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    await world.give_balance(seller, 5)
    token = (await world.call(seller, "POST", "/v1/sessions")).json()["token"]

    async def shown() -> bool:
        answer = await world.call(None, "GET", PATH, Authorization=f"Bearer {token}")
        return answer.status_code == 200 and answer.json()["channelMsat"] == "5"

    await eventually(shown)


async def test_a_node_that_is_gone_has_no_part_in_the_sum(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    await world.give_balance(seller, 5)
    await eventually(lambda: _has(world, seller, "/v1/balance", lambda found: found["channelMsat"] == "5"))
    assert await world.take_node(seller)
    await eventually(lambda: _has(world, seller, "/v1/balance", lambda found: found["channelMsat"] == "0"))
    assert code_of(await world.call(seller, "GET", PATH)) == (404, "node-unknown")


async def test_two_edges_see_a_payment_and_one_that_was_cut_off_asks_the_leader(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, second_edge(world) as (other, url, wire):
        seller = Seller()
        await world.give_node(seller)
        for amount in range(1, 4):
            seq = await world.give_balance(seller, amount)
            demanded = f"balances={world.edge.balances.epoch}:{seq}"
            for edge_url in (world.url, url):
                at_once = await read(world, seller, edge_url, X_Revision=demanded)
                assert at_once.json()["channelMsat"] == str(amount)
            for edge, edge_url in ((world.edge, world.url), (other, url)):
                assert await shown(edge.balances, seq) == demanded
                answer = await read(world, seller, edge_url)
                assert (answer.json()["channelMsat"], answer.headers["x-revision"]) == (str(amount), demanded)
        for amount in range(4, 7):
            cuts = other.bus.cuts
            wire.down()
            await eventually(lambda cuts=cuts: _is(other.bus.cuts > cuts))  # type: ignore[misc]  # bound early
            assert other.balances.suspect
            await world.give_balance(seller, amount)
            await wire.open()
            assert (await read(world, seller, url)).json()["channelMsat"] == str(amount), "the leader was asked"
            together = await read(world, seller, url, "/v1/balance")
            assert together.json()["channelMsat"] == str(amount)
            await eventually(lambda: _is(not other.balances.suspect))
        await other.balances.stop()
        await eventually(lambda: _is(other.balances.suspect))
        seq = await world.give_balance(seller, 7)
        answer = await read(world, seller, url)
        assert (answer.json()["channelMsat"], answer.headers["x-revision"]) == ("7", f"balances=0:{seq}")
        ready = await world.client.get(url + "/readyz")
        assert (ready.status_code, ready.json()["checks"]["balances"]) == (200, READS_THROUGH)
        assert 'mesh_mirror_suspect{bucket="balances"} 1.0' in (await world.client.get(url + "/metrics")).text


async def _is(value: bool) -> bool:
    return value


async def _has(world: World, seller: Seller, path: str, look: Callable[[dict[str, object]], bool]) -> bool:
    return look((await world.call(seller, "GET", path)).json())
