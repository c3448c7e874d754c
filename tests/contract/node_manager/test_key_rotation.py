"""The credentials key is replaced while everything runs, killed in the middle, and never half."""

import asyncio
import base64
import contextlib
import os
import random
from pathlib import Path

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.records import SealedCredentials
from schemas.requests import NodeStart
from schemas.settings import SettingError
from services.node_manager.keep import safe
from services.node_manager.keep.safe import CREDENTIALS
from services.node_manager.reseal import reseal

from .asking import Person
from .place import Place, another_key, traces
from .test_processes import start

NODES = 8
KILLS = 6


def with_new_key(place: Place) -> None:
    """What `mesh credentials rotate` does to the key file."""
    file = Path(place.settings.credentials_key_file)
    draft = file.with_suffix(".new")
    draft.write_bytes(base64.b64encode(os.urandom(32)) + b"\n" + file.read_bytes())
    draft.replace(file)


def without_former_keys(place: Place) -> None:
    """What `--finish` does to it."""
    file = Path(place.settings.credentials_key_file)
    draft = file.with_suffix(".new")
    draft.write_bytes(file.read_bytes().split()[0])
    draft.replace(file)


async def envelopes(place: Place) -> set[str]:
    """Every envelope that stands."""
    bus = await connect(place.settings, "node-manager")
    try:
        found = await Bucket(bus, CREDENTIALS, SealedCredentials).entries()
        return {entry.value.envelope for entry in found.values()}
    finally:
        await bus.close()


async def owners(place: Place, instance: str, count: int) -> list[tuple[Person, str]]:
    """People with a ready node each."""
    people = [Person() for _ in range(count)]
    ids = await asyncio.gather(*(place.registered(person, "k", instance) for person in people))
    return list(zip(people, ids, strict=True))


async def all_open(place: Place, nodes: list[tuple[Person, str]], key: str) -> None:
    """Every node's credentials open and work."""
    for person, node_id in nodes:
        op = await place.ended(await place.about_node(NodeStart, person, key, node_id))
        assert op.has("node-started"), op.facts[-1]


async def test_everything_is_sealed_anew_while_replicas_work_and_the_former_key_is_worthless(place: Place) -> None:
    replica = await place.replica()
    nodes = await owners(place, replica.instance, 4)
    before = await envelopes(place)
    with_new_key(place)
    working = asyncio.create_task(owners(place, replica.instance, 3))
    assert await reseal(place.settings) >= 4
    nodes += await working
    assert await reseal(place.settings) == 7
    after = await envelopes(place)
    assert len(after) == 7
    assert not after & before
    await all_open(place, nodes, "one")
    old = Path(place.settings.credentials_key_file).read_bytes().split()[1]
    without_former_keys(place)
    await all_open(place, nodes, "two")
    late = await place.replica()
    await late.stop()
    Path(place.settings.credentials_key_file).write_bytes(old)
    with pytest.raises(SettingError, match="not the key"):
        await place.replica()
    assert await envelopes(place) == after
    await replica.stop()
    await place.server.stop()
    assert traces(place.folder / "bus", [text.encode()[-64:] for text in before]) == []


@pytest.mark.timeout(240)
async def test_a_rotation_that_is_killed_again_and_again_goes_on_and_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = await place.replica()
    nodes = await owners(place, replica.instance, NODES)
    before = await envelopes(place)
    with_new_key(place)
    for number in range(KILLS):
        process = start("services.node_manager.reseal", place.settings, place.folder / f"reseal-{number}.log")
        with contextlib.suppress(TimeoutError):
            # Wherever that falls: during the start, between two records, between two writes of one.
            await asyncio.wait_for(asyncio.to_thread(process.wait), random.uniform(0.6, 1.2))
        process.kill()
        process.wait()
        await all_open(place, nodes, f"after-{number}")
    monkeypatch.setattr(safe, "STRAY_S", -1.0)  # what a killed run left is old enough
    assert await reseal(place.settings) == NODES
    assert len(await envelopes(place)) == NODES
    without_former_keys(place)
    await all_open(place, nodes, "last")
    assert not before & await envelopes(place)


async def test_a_key_that_is_not_in_use_reseals_nothing(place: Place) -> None:
    replica = await place.replica()
    await owners(place, replica.instance, 1)
    before = await envelopes(place)
    with pytest.raises(SettingError, match="not the key"):
        await reseal(another_key(place))
    assert await envelopes(place) == before
