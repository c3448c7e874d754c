"""Credentials under a KMS's key, through whole processes: brought there from a key file, rotated, and refused."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from schemas.requests import NodeStart
from schemas.settings import Settings, to_environ
from tests.kept_secrets import kept_secrets
from tests.kms import a_kms
from tests.secrets_search import files_below, search
from tests.waiting import until

from .asking import Person
from .place import Place
from .test_key_rotation import envelopes
from .test_processes import CHECKOUT, ended, start


@pytest.fixture
def under_kms(place: Place) -> Settings:
    """The place's settings with a KMS and nothing else to open with."""
    folder = place.folder / "kms"
    folder.mkdir()
    return msgspec.structs.replace(
        place.settings,
        credentials_key_file="",
        credentials_kms_command=a_kms(folder),
        credentials_kms_key="keys/one",
    )


async def rotated(settings: Settings, *arguments: str) -> str:
    """What `mesh credentials rotate` says, once it has come to a good end."""
    environ = {"PATH": os.environ["PATH"], **to_environ(settings)}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services.mesh", "credentials", "rotate", *arguments],
        cwd=CHECKOUT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


async def refused(place: Place, settings: Settings) -> str:
    """What a node-manager that ends at once with status 2 has said."""
    log = place.folder / "refused.log"
    process = start("services.node_manager", settings, log)
    try:
        await until(lambda: ended(process))
        assert process.returncode == 2, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()
    return log.read_text()


async def test_from_a_key_file_to_a_kms_and_from_key_to_key_while_replicas_work(
    place: Place, under_kms: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    both = msgspec.structs.replace(under_kms, credentials_key_file=place.settings.credentials_key_file)
    replica, person = await place.replica(settings=both), Person()
    node_id = await place.registered(person, "k", replica.instance)
    assert "1 nodes, all sealed" in await rotated(both)
    in_kms = await envelopes(place)
    await replica.stop()
    Path(place.settings.credentials_key_file).unlink()

    replica = await place.replica(settings=under_kms)
    assert (await place.ended(await place.about_node(NodeStart, person, "one", node_id))).has("node-started")
    two = msgspec.structs.replace(under_kms, credentials_kms_key="keys/two")
    assert "1 nodes, all sealed" in await rotated(two)
    assert not in_kms & await envelopes(place)
    assert (await place.ended(await place.about_node(NodeStart, person, "two", node_id))).has("node-started")
    assert "1 nodes, all sealed" in await rotated(two, "--finish")
    await replica.stop()
    replica = await place.replica(settings=two)
    assert (await place.ended(await place.about_node(NodeStart, person, "three", node_id))).has("node-started")
    secrets = await kept_secrets(two, person.owner, node_id)
    await replica.stop()
    await place.server.stop()
    said = "".join(capfd.readouterr()).encode()
    assert node_id.encode() in said, "or nothing was searched"
    assert not search(secrets, [("what was said", said), *files_below(place.folder / "bus")])


async def test_what_a_key_file_has_sealed_is_opened_by_it_and_then_kept_by_the_kms(
    place: Place, under_kms: Settings
) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await replica.stop()
    assert "MESH_CREDENTIALS_KMS_KEY" in await refused(place, under_kms)
    both = msgspec.structs.replace(under_kms, credentials_key_file=place.settings.credentials_key_file)
    assert "1 nodes, all sealed" in await rotated(both)
    await place.replica(settings=under_kms)
    assert (await place.ended(await place.about_node(NodeStart, person, "s", node_id))).has("node-started")


async def test_another_kms_and_one_that_is_away_are_refused_at_start_and_nothing_is_overwritten(
    place: Place, under_kms: Settings
) -> None:
    replica = await place.replica(settings=under_kms)
    await place.registered(Person(), "k", replica.instance)
    await replica.stop()
    before = await envelopes(place)
    other = place.folder / "other-kms"
    other.mkdir()
    said = await refused(place, msgspec.structs.replace(under_kms, credentials_kms_command=a_kms(other)))
    assert "MESH_CREDENTIALS_KMS_KEY" in said
    assert "not the key that sealed" in said
    (place.folder / "kms" / "away").touch()
    said = await refused(place, under_kms)
    assert "MESH_CREDENTIALS_KMS_COMMAND" in said
    assert "hunter2" not in said
    assert await envelopes(place) == before
