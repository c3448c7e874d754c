"""Every fact is told once and in order, whatever dies and however often it is delivered."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec

from bus.client import connection
from bus.client.spelling import consumer_config
from bus.tables.streams import CONSUMERS
from schemas.ids import owner_of
from schemas.settings import to_environ
from tests.contract.edge.world import eventually
from tests.contract.notifier.place import Place, as_it_happened, drained, request_of, somebody


async def test_what_was_told_before_is_never_told_again(place: Place) -> None:
    """A notifier that starts from the first fact again, long after the duplicate window: it looks before it repeats."""
    pubkey = somebody()
    async with place.notifier():
        op = await place.run(await place.begin(request_of(pubkey, "k")))
        before = await place.is_told(op)
    await _lose_the_place(place)
    async with place.notifier():
        later = await place.run(await place.begin(request_of(pubkey, "later")))
        told = await place.is_told(op, later)
        await eventually(lambda: drained(place))
    told = await place.told(op.ref.owner)
    assert told[: len(before)] == before
    assert as_it_happened(told, op)
    assert as_it_happened(told, later)
    assert len(await place.history(op.ref.owner)) == 2


async def _lose_the_place(place: Place) -> None:
    """The notifier's consumer is made anew: every fact is delivered again."""
    topology = await connection.connect(place.settings, "topology")
    await topology.js.delete_consumer("LEDGER", "notifier")
    spec = next(spec for spec in CONSUMERS if (spec.stream, spec.name) == ("LEDGER", "notifier"))
    request = {"stream_name": "LEDGER", "config": consumer_config(spec, place.settings)}
    await topology.nc.request("$JS.API.CONSUMER.CREATE.LEDGER.notifier.saga.>", msgspec.json.encode(request))
    await topology.close()


async def test_two_replicas_tell_each_fact_once_and_in_order(place: Place) -> None:
    async with place.notifier(), place.notifier():
        pubkey = somebody()
        begun = [await place.begin(request_of(pubkey, f"k{n}")) for n in range(6)]
        ops = await asyncio.gather(*(place.run(op) for op in begun))
        told = await place.is_told(*ops)
        await eventually(lambda: drained(place))
    told = await place.told(ops[0].ref.owner)
    assert len(told) == sum(len(op.facts) for op in ops)
    assert all(as_it_happened(told, op) for op in ops)
    assert sorted(record.op for record in await place.history(ops[0].ref.owner)) == sorted(op.ref.op for op in ops)


async def test_notifiers_and_the_server_are_killed_and_every_fact_is_told_once(place: Place, tmp_path: Path) -> None:
    environ = {**os.environ, **to_environ(place.settings)}
    log = (tmp_path / "notifier.log").open("wb")

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "services.notifier"], env=environ, stderr=log)

    replicas = [start(), start()]
    pubkeys = [somebody() for _ in range(3)]
    begun = [await place.begin(request_of(pubkey, f"k{n}")) for n in range(4) for pubkey in pubkeys]
    running = asyncio.gather(*(place.run(op, pause_s=0.8) for op in begun))
    try:
        for round_ in range(4):
            victim = random.randrange(2)
            await asyncio.sleep(random.uniform(0.4, 0.9))
            replicas[victim].kill()
            replicas[victim].wait()
            if round_ == 1:
                await place.server.kill()
                await place.server.restart()
            replicas[victim] = start()
        ops = await running
        for pubkey in pubkeys:
            mine = [op for op in ops if op.request.pubkey == pubkey]
            await place.is_told(*mine)
        await eventually(lambda: drained(place), within_s=40)
        told = {pubkey: await place.told(owner_of(pubkey)) for pubkey in pubkeys}
        folded = [record.op for pubkey in pubkeys for record in await place.history(owner_of(pubkey))]
    finally:
        for replica in replicas:
            replica.kill()
            replica.wait()
        log.close()
    assert sum(len(each) for each in told.values()) == sum(len(op.facts) for op in ops)
    assert all(as_it_happened(told[op.request.pubkey], op) for op in ops)
    assert sorted(folded) == sorted(op.ref.op for op in ops)
    print(f"{sum(len(op.facts) for op in ops)} facts, as many notifications, {len(folded)} records")
