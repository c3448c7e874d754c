"""The sealed door on the real account without JetStream: hostile boxes, announced keys, what a stop takes along."""

import base64
import os
from pathlib import Path

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.secrets.keys import read_public, verify
from bus.tables import subjects
from schemas.base import encode
from schemas.records import SealingKey
from schemas.sealed import SeedAccepted, SeedRefused
from schemas.settings import Settings
from tests.waiting import until

from .asking import PATIENCE_S, Person
from .place import ABOUT, Place


async def test_a_bad_checksum_is_refused_and_nothing_is_held_or_said(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    replica, person = await place.replica(), Person()
    words = "abandon " * 11 + "abandon"
    reply = await place.hand_over(encode(await place.box(person, "k", replica.instance, words=words)), replica.instance)
    assert isinstance(reply, SeedRefused)
    assert reply.code == "mnemonic-invalid"
    assert "abandon" not in reply.detail
    assert "abandon" not in "".join(capfd.readouterr())


async def test_hostile_bytes_never_end_the_door_nor_reach_a_log(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    replica, person = await place.replica(), Person()
    good = await place.box(person, "k", replica.instance, words=ABOUT)
    marker = b"attack-at-dawn"
    boxes = [base64.b64encode(os.urandom(n)).decode() for n in (0, 1, 47, 48, 49, 4000)]
    hostile = [b"", b"{", marker, b"[" * 50_000, b"\xff" * 100, b"x" * 200_000]
    hostile += [encode(msgspec.structs.replace(good, box=box)) for box in boxes]
    hostile += [encode(msgspec.structs.replace(good, idempotency_key=marker.decode()))]
    for body in hostile:
        assert isinstance(await place.hand_over(body, replica.instance), SeedRefused), body[:40]
    assert isinstance(await place.hand_over(encode(good), replica.instance), SeedAccepted)
    assert marker.decode() not in "".join(capfd.readouterr())


async def test_hostile_questions_get_no_signature(place: Place) -> None:
    replica, person = await place.replica(), Person()
    await place.send_seed(person, "k", replica.instance)
    sec = await connect(place.settings, "sec-node-manager")
    try:
        for body in (b"", b"{}", b'{"type":"question"}', b"\xff", b'{"type":"steal"}', b"[" * 10_000):
            reply = await sec.nc.request(subjects.seed_hold(person.op("k")), body, timeout=PATIENCE_S)
            assert b"signature" not in reply.data
            assert msgspec.json.decode(reply.data, type=SeedRefused).code == "bad-request"
    finally:
        await sec.close()
    assert not sec.denials


async def test_the_same_box_twice_is_one_seed(place: Place) -> None:
    replica, person = await place.replica(), Person()
    body = encode(await place.box(person, "k", replica.instance))
    first, again = await place.hand_over(body, replica.instance), await place.hand_over(body, replica.instance)
    assert first == again
    assert isinstance(first, SeedAccepted)


async def test_each_replica_announces_a_key_of_its_own_signed_by_the_workers_nkey(place: Place) -> None:
    first, second = await place.replica("one"), await place.replica("two")
    keys = [await place.sealing_key(replica.instance) for replica in (first, second)]
    pinned = read_public(Path(place.settings.nats_keys_dir))["node-manager"]
    for key in keys:
        assert verify(pinned, key.signing_bytes(), base64.b64decode(key.signature))
        assert not verify(pinned, key.signing_bytes() + b"x", base64.b64decode(key.signature))
    assert keys[0].public_key != keys[1].public_key


async def test_a_replica_that_stops_withdraws_its_key(place: Place) -> None:
    replica = await place.replica("leaving")
    await replica.stop()
    bucket = Bucket(place.edge, "keys", SealingKey)

    async def gone() -> bool:
        return await bucket.get("leaving") is None

    await until(gone)


async def test_a_box_for_an_earlier_life_is_told_to_fetch_the_keys_again(place: Place) -> None:
    first = await place.replica("same")
    body = encode(await place.box(Person(), "k", first.instance))
    await first.stop()
    await place.replica("same")
    reply = await place.hand_over(body, "same")
    assert isinstance(reply, SeedRefused)
    assert reply.code == "sealing-key-unknown"


def test_settings_never_carry_a_key() -> None:
    assert "credentials_key" not in Settings.__struct_fields__
