"""Buckets: compare-and-set on a revision, tombstones, a TTL per key, and hostile keys."""

import asyncio

import pytest

from bus.buckets.kv import Bucket
from bus.buckets.leases import held, while_held
from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.client.publish import publish
from bus.errors import BusUnavailable
from bus.servers.embedded import EmbeddedServer
from schemas.base import UNREADABLE
from schemas.ids import OpId, Owner
from schemas.records import Lease, NameRecord, SealedCredentials, SealingKey

from .conftest import Connect, Until


def record(name: str, op: str = "op") -> NameRecord:
    return NameRecord(name=name, owner=Owner("o"), op=OpId(op), state="reserved", node_id="02")


async def names(join: Connect) -> Bucket[NameRecord]:
    return Bucket(await join("offer-builder"), "names", NameRecord)


async def test_a_value_comes_back_with_revision_and_time(join: Connect) -> None:
    bucket = await names(join)
    assert await bucket.get("alice") is None
    revision = await bucket.create("alice", record("alice"))
    found = await bucket.get("alice")
    assert found is not None
    assert (found.value, found.revision) == (record("alice"), revision)
    assert found.at > 1_700_000_000


async def test_a_bucket_that_is_not_there_may_be_asked_again_later(join: Connect) -> None:
    bucket = await names(join)
    await js_request(await join("topology"), f"STREAM.DELETE.{bucket.spec.stream}")
    with pytest.raises(BusUnavailable, match="names"):
        await bucket.get("alice")


async def test_create_never_replaces(join: Connect) -> None:
    bucket = await names(join)
    assert await bucket.create("alice", record("alice", "one")) == 1
    assert await bucket.create("alice", record("alice", "two")) is None
    found = await bucket.get("alice")
    assert found is not None
    assert found.value.op == "one"


async def test_of_many_who_create_one_wins(join: Connect) -> None:
    bucket = await names(join)
    revisions = await asyncio.gather(*(bucket.create("alice", record("alice", f"op{n}")) for n in range(20)))
    assert len([revision for revision in revisions if revision is not None]) == 1


async def test_update_only_at_the_revision_that_stands(join: Connect) -> None:
    bucket = await names(join)
    first = await bucket.put("alice", record("alice", "one"))
    second = await bucket.update("alice", record("alice", "two"), first)
    assert second == first + 1
    assert await bucket.update("alice", record("alice", "three"), first) is None
    found = await bucket.get("alice")
    assert found is not None
    assert found.value.op == "two"


async def test_delete_respects_the_revision_and_can_be_repeated(join: Connect) -> None:
    bucket = await names(join)
    first = await bucket.put("alice", record("alice"))
    second = await bucket.put("alice", record("alice"))
    assert not await bucket.delete("alice", first)
    assert await bucket.delete("alice", second)
    assert await bucket.delete("alice", second)
    assert await bucket.delete("alice")
    assert await bucket.get("alice") is None
    assert await bucket.entries() == {}


async def test_a_deleted_key_can_be_created_again_once(join: Connect) -> None:
    bucket = await names(join)
    await bucket.create("alice", record("alice", "one"))
    await bucket.delete("alice")
    revisions = await asyncio.gather(*(bucket.create("alice", record("alice", f"op{n}")) for n in range(5)))
    assert len([revision for revision in revisions if revision is not None]) == 1


async def test_entries_by_pattern_and_beyond_one_page(join: Connect) -> None:
    bucket = await names(join)
    await asyncio.gather(*(bucket.put(f"shop.n{number}", record(f"n{number}")) for number in range(600)))
    await bucket.put("other.alice", record("alice"))
    assert len(await bucket.entries()) == 601
    assert set(await bucket.entries("other.*")) == {"other.alice"}
    assert await bucket.entries("nothing.*") == {}


async def test_a_key_with_a_ttl_runs_out(join: Connect, until: Until) -> None:
    bucket: Bucket[SealingKey] = Bucket(await join("node-manager"), "keys", SealingKey)
    key = SealingKey(instance="i", kid="k", public_key="p", expires_at=1)
    await bucket.put("i", key, ttl_s=1)
    assert set(await bucket.entries()) == {"i"}
    async with asyncio.timeout(30):
        while await bucket.get("i") is not None:
            await asyncio.sleep(0.05)
    assert await bucket.create("i", key, ttl_s=60) is not None


async def test_a_bucket_that_keeps_its_keys_refuses_a_ttl(join: Connect) -> None:
    with pytest.raises(ValueError, match="no TTL"):
        await (await names(join)).create("alice", record("alice"), ttl_s=5)


@pytest.mark.parametrize("key", ["", ".", "a..b", "a.", "*", ">", "a.>", "a b", "é", "a\r\nPUB x 0", "a/b"])
async def test_hostile_keys_never_reach_the_server(join: Connect, key: str) -> None:
    bucket = await names(join)
    with pytest.raises(ValueError, match="not a key"):
        await bucket.get(key)
    with pytest.raises(ValueError, match="not a key"):
        await bucket.put(key, record("x"))


async def test_a_bucket_outlives_a_server_kill(server: EmbeddedServer, join: Connect) -> None:
    bucket = await names(join)
    await bucket.put("alice", record("alice"))
    await server.kill()
    reading = asyncio.create_task(bucket.get("alice"))
    await server.start()
    found = await reading
    assert found is not None
    assert found.value == record("alice")


async def test_a_lease_excludes_and_is_given_back(join: Connect) -> None:
    one, other = await join("notifier"), await join("notifier")
    async with held(one, "sweeper") as mine, held(other, "sweeper") as theirs, held(other, "else") as elsewhere:
        assert mine
        assert not theirs
        assert elsewhere
    assert not mine
    async with held(other, "sweeper") as later:
        assert later


async def test_a_lease_is_given_back_though_its_holder_is_cancelled_again_and_again(join: Connect) -> None:
    one, other = await join("notifier"), await join("notifier")
    taken = asyncio.Event()

    async def hold() -> None:
        async with held(one, "sweeper"):
            taken.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await taken.wait()
    while not holder.done():
        holder.cancel()
        await asyncio.sleep(0)
    assert holder.cancelled()
    async with held(other, "sweeper") as later:
        assert later


async def test_a_lease_is_refreshed_while_held(join: Connect) -> None:
    one, other = await join("notifier"), await join("notifier")
    async with held(one, "sweeper", ttl_s=1) as mine:
        first = mine.revision
        async with asyncio.timeout(30):
            while mine.revision < first + 5:  # five refreshes of a third of the TTL: it would have run out
                await asyncio.sleep(0.02)
        assert mine
        async with held(other, "sweeper", ttl_s=1) as theirs:
            assert not theirs


async def test_a_tombstones_revision_is_what_the_next_write_must_expect(join: Connect) -> None:
    bucket = await names(join)
    assert await bucket.standing("alice") == (None, 0)
    first = await bucket.update("alice", record("alice"), 0)
    assert first is not None
    entry, revision = await bucket.standing("alice")
    assert entry is not None
    assert (entry.value, entry.revision, revision) == (record("alice"), first, first)
    await bucket.delete("alice")
    entry, tombstone = await bucket.standing("alice")
    assert entry is None
    assert tombstone > first
    assert await bucket.update("alice", record("alice"), 0) is None
    assert await bucket.update("alice", record("alice"), first) is None
    assert await bucket.update("alice", record("alice"), tombstone) is not None


async def test_the_leader_lists_what_stands_and_nothing_else(join: Connect) -> None:
    bucket = await names(join)
    assert await bucket.settled("alice.*") == {}
    for key in ("alice.one", "bob.one", "alice.two", "alice.gone", "alice.two.deep"):
        await bucket.put(key, record(key))
    await bucket.put("alice.one", record("alice.one", "again"))
    await bucket.delete("alice.gone")
    found = await bucket.settled("alice.*")
    assert {key: entry.value.op for key, entry in found.items()} == {"alice.one": "again", "alice.two": "op"}
    assert set(await bucket.settled("alice.>")) == {"alice.one", "alice.two", "alice.two.deep"}
    walked = {key: entry async for key, entry in bucket.walk("alice.*")}
    assert {key: entry.revision for key, entry in walked.items()} == {key: e.revision for key, e in found.items()}
    for pattern in ("", "a b", "$KV.x", ">.x"):
        with pytest.raises(ValueError, match="not a key pattern"):
            await bucket.settled(pattern)


async def test_the_lease_of_a_dead_holder_runs_out(join: Connect) -> None:
    dead, other = await join("notifier"), await join("notifier")
    await Bucket(dead, "leases", Lease).create("sweeper", Lease(holder="dead"), ttl_s=1)
    async with asyncio.timeout(30):
        while not await _taken(other):
            await asyncio.sleep(0.05)


async def test_a_lease_that_was_taken_over_says_so(join: Connect, until: Until) -> None:
    one, thief = await join("notifier"), await join("notifier")
    async with held(one, "sweeper", ttl_s=1) as mine:
        await Bucket(thief, "leases", Lease).put("sweeper", Lease(holder="thief"), ttl_s=5)
        await until(lambda: not mine)
    found = await Bucket(thief, "leases", Lease).get("sweeper")
    assert found is not None
    assert found.value.holder == "thief"


async def test_work_ends_with_the_lease_and_not_before(join: Connect) -> None:
    one, thief, ended = await join("notifier"), await join("notifier"), asyncio.Event()

    async def endless() -> str:
        try:
            return str(await asyncio.Event().wait())
        finally:
            ended.set()

    async def longer_than_a_lease(begun: int) -> str:
        while mine.revision < begun + 5:
            await asyncio.sleep(0.02)
        return "done"

    async with asyncio.timeout(60), held(one, "sweeper", ttl_s=1) as mine:
        assert await while_held(mine, longer_than_a_lease(mine.revision)) == "done"
        working = asyncio.create_task(while_held(mine, endless()))
        await Bucket(thief, "leases", Lease).put("sweeper", Lease(holder="thief"), ttl_s=30)
        assert await working is None
        assert ended.is_set(), "it went on without the lease"
        assert await while_held(mine, endless()) is None


async def test_a_holder_that_is_cut_off_stops_believing(server: EmbeddedServer, join: Connect, until: Until) -> None:
    one = await join("notifier")
    async with held(one, "sweeper", ttl_s=1) as mine:
        await server.kill()
        await until(lambda: not mine)


async def _taken(bus: Bus) -> bool:
    async with held(bus, "sweeper", ttl_s=1) as mine:
        return bool(mine)


@pytest.mark.parametrize(
    "rubbish", [b"", b'{"holder":7}', b'{"x":' + b"[" * 20_000, b'{"holder":"\xff\xfe"}', b'"\\ud800"']
)
async def test_one_broken_value_hides_no_other(join: Connect, rubbish: bytes) -> None:
    bus = await join("notifier")
    leases = Bucket(bus, "leases", Lease)
    await leases.put("good", Lease(holder="me"))
    await publish(bus, "$KV.leases.broken", rubbish)
    assert {key: entry.value.holder for key, entry in (await leases.entries()).items()} == {"good": "me"}
    with pytest.raises(UNREADABLE):
        await leases.get("broken")


async def test_what_is_erased_is_on_no_disk_and_can_be_erased_twice(join: Connect, server: EmbeddedServer) -> None:
    bucket = Bucket(await join("node-manager"), "credentials", SealedCredentials)
    needles = {key: f"needle-{key}-" * 8 for key in ("a", "b", "c")}
    for key, text in needles.items():
        await bucket.put(key, SealedCredentials(envelope=text))
    await asyncio.gather(*(bucket.erase(key) for key in ("a", "a", "b", "a")))
    await bucket.erase("a")
    assert set(await bucket.entries()) == {"c"}
    assert await bucket.create("a", SealedCredentials(envelope="again")) is not None
    await server.stop()
    stored = b"".join(file.read_bytes() for file in server.folder.rglob("*") if file.is_file())
    assert [key for key, text in needles.items() if text.encode() in stored] == ["c"]


async def test_a_bucket_that_is_not_for_erasing_erases_nothing(join: Connect) -> None:
    with pytest.raises(ValueError, match="erases nothing"):
        await Bucket(await join("node-manager"), "nodes", SealedCredentials).erase("a")
