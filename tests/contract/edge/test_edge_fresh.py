"""Reads are as new as the caller demands, on any edge, whatever state its mirror is in; or they are refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client import connection
from bus.client.js_api import js_request
from bus.servers import topology
from schemas.facts import Activated
from schemas.flows import FLOWS
from schemas.ids import OpId, Owner
from schemas.records import NameRecord
from services.edge.context import Edge
from services.edge.routes.health import READS_THROUGH
from tests.contract.bus_transport.links import Wire
from tests.contract.edge.world import Seller, World, code_of, eventually, running_edge, running_world
from tests.unit.edge.histories import NODE

PATH = "/v1/names/alice@shop.test"
KEY = "alice=shop.test"


def record(uri: str, op: str = "p" * 26) -> NameRecord:
    return NameRecord(name="alice@shop.test", owner=Owner("o" * 26), op=OpId(op), state="active", node_id=NODE, uri=uri)


def names_of(world: World) -> Bucket[NameRecord]:
    return Bucket(world.workers["offer-builder"], "names", NameRecord)


@asynccontextmanager
async def second_edge(world: World) -> AsyncIterator[tuple[Edge, str, Wire]]:
    """An edge whose wire to the bus is ours to break."""
    wire = Wire(world.server.port)
    await wire.open()
    try:
        async with running_edge(msgspec.structs.replace(world.settings, nats_url=wire.url)) as (edge, url):
            yield edge, url, wire
            wire.release()  # or leaving would wait for a bus that does not answer
    finally:
        await wire.close()


async def get(world: World, url: str, revision: str | None = None) -> httpx.Response:
    return await world.client.get(url + PATH, headers={} if revision is None else {"X-Revision": revision})


async def test_a_revision_from_one_edge_is_honoured_by_another_that_lost_its_consumer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_world(tmp_path) as world, second_edge(world) as (other, url, _):
        await names_of(world).put(KEY, record("bitcoin:?old"))
        await eventually(lambda: _shows(other, "bitcoin:?old"))
        monkeypatch.setattr(
            "bus.buckets.mirror.SILENT_S", 3600.0
        )  # silence is noticed when we have asked, and not before
        await _forget_consumers(world)  # both mirrors hear nothing any more
        revision = await names_of(world).put(KEY, record("bitcoin:?new"))
        demanded = f"names={other.names.epoch}:{revision}"
        answer = await get(world, url, demanded)
        assert (answer.status_code, answer.json()["uri"]) == (200, "bitcoin:?new")
        assert answer.headers["x-revision"] == f"names=0:{revision}", "our mirror cannot prove the epoch"
        assert (await get(world, url, str(revision))).json()["uri"] == "bitcoin:?new"
        assert (await get(world, url, f"names=0:{revision}")).json()["uri"] == "bitcoin:?new"
        monkeypatch.undo()
        await eventually(lambda: _shows(other, "bitcoin:?new"))  # silence was noticed
        assert (await get(world, url)).headers["x-revision"] == demanded
        assert other.names.rebuilds >= 1


async def test_an_edge_that_is_cut_off_serves_nothing_old_to_who_demands_and_soon_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.edge.asking.patience.BUS_S", 1.0)
    async with running_world(tmp_path) as world, second_edge(world) as (other, url, wire):
        await names_of(world).put(KEY, record("bitcoin:?old"))
        await eventually(lambda: _shows(other, "bitcoin:?old"))
        wire.hold()  # half-open: nobody is told
        revision = await names_of(world).put(KEY, record("bitcoin:?new"))
        demanded = f"names={other.names.epoch}:{revision}"
        assert code_of(await get(world, url, demanded)) == (503, "bus-unavailable")

        async def refused() -> bool:
            return (await get(world, url)).status_code == 503

        await eventually(refused)
        assert other.names.suspect
        wire.release()

        async def right_again() -> bool:
            answer = await get(world, url, demanded)
            return answer.status_code == 200 and answer.json()["uri"] == "bitcoin:?new"

        await eventually(right_again)


async def test_after_a_cut_it_is_right_without_another_write_and_never_wrong_meanwhile(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, second_edge(world) as (other, url, wire):
        await names_of(world).put(KEY, record("bitcoin:?0"))
        await eventually(lambda: _shows(other, "bitcoin:?0"))
        for number in range(1, 4):
            cuts = other.bus.cuts
            wire.down()
            await eventually(lambda cuts=cuts: _true(other.bus.cuts > cuts))  # type: ignore[misc]  # bound early
            assert other.names.suspect
            await names_of(world).put(KEY, record(f"bitcoin:?{number}"))
            await wire.open()
            assert (await get(world, url)).json()["uri"] == f"bitcoin:?{number}", "suspect until it is right"
            await eventually(lambda: _true(not other.names.suspect))
            entry = other.names.get(KEY)
            assert entry is not None
            assert entry.value.uri == f"bitcoin:?{number}"


async def test_a_suspect_mirror_reads_from_the_leader_and_says_so(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        await names_of(world).put(KEY, record("bitcoin:?old"))
        await eventually(lambda: _shows(world.edge, "bitcoin:?old"))
        await world.edge.names.stop()
        await world.edge.nodes.stop()
        await eventually(lambda: _true(world.edge.names.suspect and world.edge.nodes.suspect))
        revision = await names_of(world).put(KEY, record("bitcoin:?new"))
        answer = await get(world, world.url)
        assert (answer.json()["uri"], answer.headers["x-revision"]) == ("bitcoin:?new", f"names=0:{revision}")
        seen = await world.give_node(seller)
        listed = await world.call(seller, "GET", "/v1/nodes")
        assert ([node["id"] for node in listed.json()["nodes"]], listed.json()["seq"]) == ([NODE], seen)
        assert listed.headers["x-revision"] == f"node-views=0:{seen}"

        async def by_the_leader() -> bool:
            ready = await world.client.get(world.url + "/readyz")
            assert ready.status_code == 200, "it serves, by the leader"
            checks = ready.json()["checks"]
            return {name for name, found in checks.items() if found == READS_THROUGH} == {"names", "nodes"}

        assert await eventually(by_the_leader)


async def test_a_bucket_that_was_made_again_is_another_epoch(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, second_edge(world) as (other, url, _):
        for number in range(5):
            await names_of(world).put(KEY, record(f"bitcoin:?old{number}"))
        await eventually(lambda: _shows(other, "bitcoin:?old4"))
        before = (await get(world, url)).headers["x-revision"]
        await _make_again(world)
        revision = await names_of(world).put(KEY, record("bitcoin:?new"))
        assert revision < 5
        # The other edge has not noticed: only an epoch that it cannot have met makes it ask the leader.
        assert (await get(world, url, f"names=0:{revision}")).json()["uri"] == "bitcoin:?new"
        await eventually(lambda: _shows(other, "bitcoin:?new"))
        answer = await get(world, url, before)
        assert answer.json()["uri"] == "bitcoin:?new"
        after = answer.headers["x-revision"]
        assert after == f"names={other.names.epoch}:{revision}"
        assert after.split(":")[0] != before.split(":")[0]


async def test_an_operations_revision_is_good_on_every_edge(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, second_edge(world) as (other, url, _):
        seller = Seller()
        await world.give_node(seller)
        ref = await world.claimed(seller, "alice")
        op = await world.advance(await world.open(ref), len(FLOWS["username.register"].steps) - 1)
        revision = await names_of(world).put(KEY, record("bitcoin:?live", ref.op))
        await eventually(lambda: _shows(world.edge, "bitcoin:?live"))
        await world.commit(op, Activated(name="alice@shop.test", uri="bitcoin:?live", revision=revision))
        done = await world.call(seller, "GET", f"/v1/operations/{ref.op}")
        assert done.json()["state"] == "succeeded"
        assert done.headers["x-revision"] == f"names={world.edge.names.epoch}:{revision}"
        answer = await get(world, url, done.headers["x-revision"])
        assert answer.json()["uri"] == "bitcoin:?live"
        assert other.names.epoch == world.edge.names.epoch


async def test_a_revision_that_is_none_is_refused(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        for text in ("x", "names=1", "-1", "1" * 16, "names=0:1;", "1," * 300):
            assert code_of(await get(world, world.url, text)) == (400, "bad-request")


async def _shows(edge: Edge, uri: str) -> bool:
    entry = edge.names.get(KEY)
    return entry is not None and entry.value.uri == uri and not edge.names.suspect


async def _true(value: bool) -> bool:
    return value


async def _forget_consumers(world: World) -> None:
    bus = await connection.connect(world.settings, "topology")
    try:
        listed = await js_request(bus, "CONSUMER.NAMES.KV_names", {})
        for name in msgspec.convert(listed["consumers"], list[str]):
            await js_request(bus, f"CONSUMER.DELETE.KV_names.{name}")
    finally:
        await bus.close()


async def _make_again(world: World) -> None:
    bus = await connection.connect(world.settings, "topology")
    try:
        await js_request(bus, "STREAM.DELETE.KV_names")
        await topology.apply(bus)
    finally:
        await bus.close()
