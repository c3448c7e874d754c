"""`/metrics`: what Prometheus itself can read, of few labels, for whoever runs the edge and nobody else."""

from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bus.buckets.kv import Bucket
from bus.client.publish import publish
from bus.errors import BusDenied
from schemas.records import NodeRecord
from schemas.vitals import METRICS, VITALS_BUCKET, VITALS_KEY, ConsumerVitals, Vitals, samples_of
from tests.contract.edge.world import Seller, World, code_of, eventually, running_world

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(world: World) -> Samples:
    answer = await world.client.get(world.url + "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


async def test_requests_mirrors_and_connections_are_counted(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        seller = Seller()
        before = await scrape(world)
        for _ in range(3):
            await world.client.get(world.url + "/v1/names/nobody@shop.test")
        await world.client.get(world.url + "/v1/names/not-a-name")
        await world.client.request("PROPFIND", world.url + "/v1/secret/path?q=hidden")
        async with world.socket(seller):
            await eventually(lambda: _listens(world))
            during = await _scraped_while_trusted(world)
        route = "/v1/names/{name}"
        counted = {"route": route, "method": "GET", "status": "200"}
        name = "mesh_http_requests_total"
        assert value(during, name, **counted) - value(before, name, **counted) == 3
        assert value(during, name, **{**counted, "status": "422"}) == 1
        assert value(during, name, route="unmatched", method="other", status="404") == 1
        assert value(during, "mesh_http_request_seconds_count", route=route) == 4
        assert value(during, "mesh_open_outlets") == 1
        for bucket in ("names", "node-views"):
            assert value(during, "mesh_mirror_suspect", bucket=bucket) == 0
            assert 0 <= value(during, "mesh_mirror_age_seconds", bucket=bucket) < 1.5
        assert value(during, "mesh_bus_connected", identity="edge") == 1
        text = str(sorted(map(str, during)))
        for secret in ("hidden", "secret", "PROPFIND", "nobody@", seller.owner):
            assert secret not in text

        await world.server.restart()
        with pytest.raises(BusDenied):
            await Bucket(world.edge.bus, "nodes", NodeRecord).get("a.b")
        await eventually(lambda: _true(not world.edge.names.suspect))
        after = await scrape(world)
        assert value(after, "mesh_bus_reconnects_total", identity="edge") == 1
        assert value(after, "mesh_bus_denials_total", identity="edge") >= 1
        assert value(after, "mesh_mirror_rebuilds_total", bucket="names") >= 1


async def test_only_who_runs_it_is_answered(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        url = world.url + "/metrics"
        for header in ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"):
            assert code_of(await world.client.get(url, headers={header: "for=1.2.3.4"})) == (404, "not-found")
        assert (await world.client.get(url)).status_code == 200
    async with running_world(tmp_path / "public", metrics_public=True) as world:
        answer = await world.client.get(world.url + "/metrics", headers={"X-Forwarded-For": "1.2.3.4"})
        assert answer.status_code == 200


async def test_a_label_is_never_what_a_client_sent(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        before = {name for name in await scrape(world) if "request" in name[0]}
        for number in range(30):
            await world.client.request("GET", world.url + f"/nothing/{number}")
            await world.client.get(world.url + f"/v1/names/n{number}@shop.test?{number}")
        after = {name for name in await scrape(world) if "request" in name[0]}
        assert len(after - before) < 80, "a bounded set: three routes, with a histogram each"


async def _listens(world: World) -> bool:
    return world.edge.hub.outlets == 1


async def _scraped_while_trusted(world: World) -> Samples:
    """The first scrape by which no mirror is suspect."""

    async def look() -> Samples:
        found = await scrape(world)
        return {} if any(value for (name, _), value in found.items() if name == "mesh_mirror_suspect") else found

    return await eventually(look)


async def _true(value: bool) -> bool:
    return value


async def test_how_the_bus_is_as_the_notifier_saw_it(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        assert not any(name in METRICS for name, _ in await scrape(world)), "nobody has looked yet"
        one = ConsumerVitals(
            stream="LEDGER", consumer="notifier", pending=2, unacknowledged=1, redelivered=3, oldest_s=4.5
        )
        vitals = Vitals(
            at=7.0,
            dead_letters=5,
            refused=6,
            unfinished=8,
            oldest_unfinished_s=9.0,
            failed_dirty=1,
            consumers=(one, msgspec.structs.replace(one, consumer="node-manager")),
        )
        await Bucket(world.workers["notifier"], VITALS_BUCKET, Vitals).put(VITALS_KEY, vitals)
        seen = await scrape(world)
        expected = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples_of(vitals)}
        assert {key: found for key, found in seen.items() if key[0] in METRICS} == expected
        await publish(world.workers["notifier"], f"$KV.{VITALS_BUCKET}.{VITALS_KEY}", b"\xff{")
        assert not [key for key in await scrape(world) if key[0] in METRICS], "what cannot be read is not shown"
