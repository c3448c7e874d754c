"""The mirror: right after every upset, and honest while it may not be."""

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from bus.client.connection import Bus, connect
from bus.servers.embedded import EmbeddedServer
from bus.servers.topology import apply
from schemas.ids import OpId, Owner
from schemas.records import Lease, NameRecord
from schemas.settings import Settings

from .conftest import Connect, Until
from .links import Wire


def record(name: str, op: str = "op") -> NameRecord:
    return NameRecord(name=name, owner=Owner("o"), op=OpId(op), state="reserved", node_id="02")


def op_of(mirror: Mirror[NameRecord], key: str) -> str | None:
    entry = mirror.get(key)
    return None if entry is None else entry.value.op


@pytest.fixture
async def names(join: Connect) -> Bucket[NameRecord]:
    return Bucket(await join("offer-builder"), "names", NameRecord)


@pytest.fixture
async def mirror(join: Connect) -> AsyncIterator[Mirror[NameRecord]]:
    made: Mirror[NameRecord] = Mirror(await join("edge"), "names", NameRecord)
    await made.start()
    yield made
    await made.stop()


async def test_it_starts_with_what_is_there(join: Connect, names: Bucket[NameRecord]) -> None:
    for number in range(50):
        await names.put(f"shop.n{number}", record(f"n{number}"))
    await names.delete("shop.n0")
    mirror: Mirror[NameRecord] = Mirror(await join("edge"), "names", NameRecord)
    trust = [mirror.suspect]
    await mirror.start()
    assert await mirror.wait_for(51, 5)
    assert [*trust, mirror.suspect] == [True, False]
    assert mirror.get("shop.n0") is None
    assert op_of(mirror, "shop.n49") == "op"
    await mirror.stop()


async def test_an_empty_bucket_is_caught_up_at_once(mirror: Mirror[NameRecord], until: Until) -> None:
    await until(lambda: not mirror.suspect)
    assert mirror.get("alice") is None


async def test_read_your_writes_by_revision(names: Bucket[NameRecord], mirror: Mirror[NameRecord]) -> None:
    for number in range(30):
        revision = await names.put("shop.alice", record("alice", f"op{number}"))
        assert await mirror.wait_for(revision, 5)
        entry = mirror.get("shop.alice")
        assert entry is not None
        assert entry.revision >= revision
    assert not await mirror.wait_for(10_000, 0.05)


async def test_a_delete_is_seen(names: Bucket[NameRecord], mirror: Mirror[NameRecord], until: Until) -> None:
    await names.put("shop.alice", record("alice"))
    await until(lambda: mirror.get("shop.alice") is not None)
    await names.delete("shop.alice")
    await until(lambda: mirror.get("shop.alice") is None)


async def test_it_is_right_after_a_server_kill(
    server: EmbeddedServer, names: Bucket[NameRecord], mirror: Mirror[NameRecord], until: Until
) -> None:
    await names.put("shop.alice", record("alice", "before"))
    await until(lambda: op_of(mirror, "shop.alice") == "before")
    await server.kill()
    writing = asyncio.create_task(names.put("shop.alice", record("alice", "after")))
    await server.start()
    await writing
    written = time.monotonic()
    await until(lambda: op_of(mirror, "shop.alice") == "after")
    print(f"right again {1000 * (time.monotonic() - written):.0f} ms after the first write")
    assert not mirror.suspect


async def test_while_cut_off_it_is_suspect_and_reads_from_the_leader(
    server: EmbeddedServer, names: Bucket[NameRecord], mirror: Mirror[NameRecord], until: Until
) -> None:
    await names.put("shop.alice", record("alice", "before"))
    await until(lambda: op_of(mirror, "shop.alice") == "before")
    await server.kill()
    await until(lambda: mirror.suspect)
    assert op_of(mirror, "shop.alice") == "before"
    await server.start()
    entry = await mirror.read("shop.alice")
    assert entry is not None
    assert entry.value.op == "before"


async def test_from_a_cut_until_it_has_looked_again_it_is_never_trusted(
    server: EmbeddedServer, settings: Settings, names: Bucket[NameRecord], until: Until
) -> None:
    wire = Wire(server.port)
    await wire.open()
    bus = await connect(msgspec.structs.replace(settings, nats_url=wire.url), "edge")
    mirror: Mirror[NameRecord] = Mirror(bus, "names", NameRecord)
    await mirror.start()
    for number in range(5):
        await names.put("shop.alice", record("alice", f"before{number}"))
        await until(lambda number=number: not mirror.suspect and op_of(mirror, "shop.alice") == f"before{number}")  # type: ignore[misc]  # bound early
        rebuilds = mirror.rebuilds
        wire.down()
        await until(lambda: not bus.connected)
        await names.put("shop.alice", record("alice", f"after{number}"))
        await wire.open()
        async with asyncio.timeout(30):
            while mirror.suspect:
                await asyncio.sleep(0)  # every turn of the loop could have been a read
        assert op_of(mirror, "shop.alice") == f"after{number}"
        assert mirror.rebuilds == rebuilds + 1, "one look is enough"
    await mirror.stop()
    await bus.close()
    await wire.close()


async def test_what_is_under_one_token_is_found_without_a_walk(
    names: Bucket[NameRecord], mirror: Mirror[NameRecord], until: Until
) -> None:
    for key in ("alice.one", "alice.two", "bob.one", "plain"):
        revision = await names.put(key, record(key))
    await names.delete("alice.one")
    await until(lambda: mirror.has(revision + 1))
    assert set(mirror.group("alice")) == {"alice.two"}
    assert set(mirror.group("bob")) == {"bob.one"}
    assert mirror.group("plain") == mirror.group("nobody") == {}
    await names.delete("alice.two")
    await until(lambda: not mirror.group("alice"))
    assert len(mirror) == 2


async def test_a_revision_of_another_epoch_is_not_waited_for(
    names: Bucket[NameRecord], mirror: Mirror[NameRecord], until: Until
) -> None:
    revision = await names.put("shop.alice", record("alice"))
    assert await mirror.wait_for(revision, 10)
    assert mirror.has(revision, mirror.epoch)
    assert not mirror.has(revision, "0")
    before = time.monotonic()
    assert not await mirror.wait_for(revision + 1000, 60, "0")
    assert time.monotonic() - before < 30, "at once, not after the time that was given"


async def test_it_is_right_after_the_bucket_was_made_again(
    join: Connect, names: Bucket[NameRecord], mirror: Mirror[NameRecord], until: Until
) -> None:
    admin = await join("topology")
    for number in range(20):
        await names.put("shop.alice", record("alice", f"old{number}"))
    await names.put("shop.bob", record("bob"))
    await until(lambda: mirror.get("shop.bob") is not None)
    epoch = mirror.epoch
    await _made_again(admin)
    await names.put("shop.alice", record("alice", "new"))  # its sequence is far below the old ones
    written = time.monotonic()
    await until(lambda: op_of(mirror, "shop.alice") == "new")
    print(f"right again {time.monotonic() - written:.2f} s after the bucket was made again")
    assert mirror.get("shop.bob") is None
    assert mirror.epoch != epoch


async def test_a_value_nobody_can_read_does_not_stop_it(
    join: Connect, names: Bucket[NameRecord], mirror: Mirror[NameRecord], until: Until
) -> None:
    builder = await join("offer-builder")
    await builder.js.publish("$KV.names.shop.bad", b"\xff not json")
    await names.put("shop.alice", record("alice"))
    await until(lambda: mirror.get("shop.alice") is not None)
    assert mirror.get("shop.bad") is None


async def test_many_writers_and_every_wait_is_honoured(join: Connect, names: Bucket[NameRecord]) -> None:
    mirrors: list[Mirror[NameRecord]] = [Mirror(await join("edge"), "names", NameRecord) for _ in range(2)]
    for made in mirrors:
        await made.start()

    async def writer(key: str) -> None:
        for number in range(40):
            revision = await names.put(key, record(key, f"op{number}"))
            for made in mirrors:
                assert await made.wait_for(revision, 5)
                assert op_of(made, key) == f"op{number}"

    await asyncio.gather(*(writer(f"shop.n{number}") for number in range(4)))
    for made in mirrors:
        await made.stop()


async def test_keys_that_run_out_cannot_be_mirrored(join: Connect) -> None:
    with pytest.raises(ValueError, match="cannot be mirrored"):
        Mirror(await join("notifier"), "leases", Lease)


async def _made_again(admin: Bus) -> None:
    await admin.nc.request("$JS.API.STREAM.DELETE.KV_names", b"", timeout=5)
    await apply(admin)
