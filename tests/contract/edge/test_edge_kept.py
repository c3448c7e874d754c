"""Reads of names from kept answers: the same answer as the long way gives, never an old one, and bounded."""

import pytest
import structlog

from bus.buckets.kv import Bucket
from schemas.ids import OpId, Owner
from schemas.records import NameRecord
from services.edge.looking import kept
from tests.contract.edge.world import World, code_of, eventually, shown
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")


def record(user: str, uri: str) -> NameRecord:
    return NameRecord(
        name=f"{user}@shop.test", owner=Owner("o" * 26), op=OpId("p" * 26), state="active", node_id=NODE, uri=uri
    )


async def put(world: World, user: str, uri: str) -> str:
    """Write the name and wait for the mirror; the revision to demand."""
    names = Bucket(world.workers["offer-builder"], "names", NameRecord)
    revision = await names.put(f"{user}=shop.test", record(user, uri))
    return await shown(world.edge.names, revision)


async def test_a_kept_answer_is_what_the_long_way_gave(world: World) -> None:
    await put(world, "kept", "bitcoin:?1")
    url, before = world.url + "/v1/names/kept@shop.test", len(world.edge.kept)
    long_way = await world.client.get(url)
    assert len(world.edge.kept) == before + 1
    with structlog.testing.capture_logs() as lines:
        short_way = await world.client.get(url)
    assert not [line for line in lines if line["event"] == "http.request" and line["log_level"] != "debug"]
    assert (short_way.status_code, short_way.content) == (200, long_way.content)
    for name, value in long_way.headers.items():
        if name not in ("x-trace-id", "date"):
            assert short_way.headers[name] == value, name
    assert len(short_way.headers["x-trace-id"]) == 32
    assert short_way.headers["x-trace-id"] != long_way.headers["x-trace-id"]
    traced = await world.client.get(url, headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    assert traced.headers["x-trace-id"] == "ab" * 16


async def test_a_kept_answer_never_outlives_its_entry(world: World) -> None:
    url = world.url + "/v1/names/moving@shop.test"
    for number in range(20):
        revision = await put(world, "moving", f"bitcoin:?{number}")
        for headers in ({}, {"X-Revision": revision}, {}, {"X-Revision": revision}):
            answer = await world.client.get(url, headers=headers)
            assert (answer.json()["uri"], answer.headers["x-revision"]) == (f"bitcoin:?{number}", revision)
    assert await Bucket(world.workers["offer-builder"], "names", NameRecord).delete("moving=shop.test")

    async def free() -> bool:
        return bool((await world.client.get(url)).json()["available"])

    await eventually(free)


async def test_what_no_kept_answer_satisfies_takes_the_long_way(world: World) -> None:
    revision = await put(world, "asked", "bitcoin:?1")
    url = world.url + "/v1/names/asked@shop.test"
    await world.client.get(url)
    assert code_of(await world.client.get(url, headers={"X-Revision": "nonsense"})) == (400, "bad-request")
    later = await world.client.get(url, headers={"X-Revision": revision + "9"})
    assert (later.json()["uri"], later.headers["x-revision"]) == ("bitcoin:?1", revision)
    assert (await world.client.get(url, headers={"X-Revision": "names=1:1"})).json()["uri"] == "bitcoin:?1"
    assert (await world.client.get(url, headers={"X-Revision": f"{revision}, node-views=0:7"})).status_code == 200
    head = await world.client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert (await world.client.get(url + "?x=1")).json()["uri"] == "bitcoin:?1"
    assert (await world.client.post(url)).status_code == 405


async def test_spellings_of_a_name_do_not_fill_the_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LIMIT", 8)
    await put(world, "spelled", "bitcoin:?1")
    for number in range(64):
        user = "".join(letter.upper() if number >> place & 1 else letter for place, letter in enumerate("spelled"))
        assert (await world.client.get(f"{world.url}/v1/names/{user}@shop.test")).json()["uri"] == "bitcoin:?1"
        assert len(world.edge.kept) <= 8
