"""A key's rotation: every state that a crash can leave behind is one that the same command continues from."""

import stat
from pathlib import Path

import pytest

from bus.errors import KeysMissing, RotationRefused
from bus.secrets import keys, rotation
from bus.secrets.rotation import Offered, Steady, Switched
from bus.tables.identities import ALL_IDENTITIES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.make_keys(tmp_path / "keys")
    return tmp_path / "keys"


def listed(folder: Path) -> tuple[str, ...]:
    return keys.read_public(folder)["edge"]


def in_use(folder: Path) -> str:
    return keys.public_of(keys.read_seed(folder, "edge"))


def test_a_key_is_replaced_in_three_steps(folder: Path) -> None:
    others = {name: found for name, found in keys.read_public(folder).items() if name != "edge"}
    (old,) = listed(folder)
    assert rotation.state_of(folder, "edge") == Steady()
    assert rotation.offer(folder, "edge") == Offered()
    assert in_use(folder) == old
    assert len(listed(folder)) == 2
    assert rotation.switch(folder, "edge") == Switched()
    assert set(listed(folder)) == {old, in_use(folder)}
    assert in_use(folder) != old
    assert rotation.finish(folder, "edge") == Steady()
    assert listed(folder) == (in_use(folder),)
    assert not keys.next_seed_file(folder, "edge").exists()
    assert others == {name: found for name, found in keys.read_public(folder).items() if name != "edge"}


@pytest.mark.parametrize("step", [rotation.offer, rotation.switch, rotation.finish])
def test_a_step_taken_twice_is_taken_once(folder: Path, step: object) -> None:
    assert callable(step)
    for before in (rotation.offer, rotation.switch, rotation.finish):
        first = before(folder, "edge")
        if before is step:
            table = keys.read_public(folder)
            assert step(folder, "edge") == first
            assert keys.read_public(folder) == table
            return


def test_no_step_before_its_time(folder: Path) -> None:
    with pytest.raises(RotationRefused):
        rotation.switch(folder, "edge")
    rotation.offer(folder, "edge")
    with pytest.raises(RotationRefused):
        rotation.finish(folder, "edge")


def test_a_crash_after_the_seed_and_before_the_list_is_continued(folder: Path) -> None:
    keys.make_seed(keys.next_seed_file(folder, "edge"))
    made = keys.next_seed_file(folder, "edge").read_text()
    assert rotation.state_of(folder, "edge") == Steady()
    with pytest.raises(RotationRefused):
        rotation.switch(folder, "edge")
    assert rotation.offer(folder, "edge") == Offered()
    assert keys.next_seed_file(folder, "edge").read_text() == made


@pytest.mark.parametrize("done", [(), ("offer",), ("offer", "switch")])
def test_making_keys_in_the_middle_changes_nothing(folder: Path, done: tuple[str, ...]) -> None:
    for step in done:
        getattr(rotation, step)(folder, "edge")
    state, before = rotation.state_of(folder, "edge"), set(listed(folder))
    keys.make_keys(folder)
    assert rotation.state_of(folder, "edge") == state
    assert set(listed(folder)) == before
    assert listed(folder)[0] == in_use(folder)


def test_during_the_rotation_either_signature_counts(folder: Path) -> None:
    old = keys.sign(folder, "edge", b"m")
    rotation.offer(folder, "edge")
    rotation.switch(folder, "edge")
    new = keys.sign(folder, "edge", b"m")
    assert keys.verify(listed(folder), b"m", old)
    assert keys.verify(listed(folder), b"m", new)
    rotation.finish(folder, "edge")
    assert not keys.verify(listed(folder), b"m", old)
    assert keys.verify(listed(folder), b"m", new)


def test_nothing_in_the_folder_is_for_others(folder: Path) -> None:
    for identity in ALL_IDENTITIES:
        rotation.offer(folder, identity)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.glob("*.nk"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [file for file in folder.iterdir() if file.suffix == ".tmp"]


def test_nobody_else_has_a_key(folder: Path) -> None:
    with pytest.raises(KeysMissing):
        rotation.offer(folder, "mallory")
    assert not keys.next_seed_file(folder, "mallory").exists()


def test_a_list_from_before_rotation_is_read(folder: Path) -> None:
    table = keys.read_public(folder)
    keys.write_public(folder, table)
    assert '"edge": "U' in (folder / keys.PUBLIC).read_text()
    assert keys.read_public(folder) == table
