"""The bus's folder cannot be written: that is said in one line, and nothing is left behind once it can be.

A folder that turns read-only under a running server is to it what a full disk is: a write refused (`test_disk_full`).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bus.errors import ServerError
from bus.servers.embedded import EmbeddedServer
from tests.chaos.small_disk import small_disk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]


async def test_a_server_on_a_read_only_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "bus" / "store", monkeypatch) as disk:
        disk.remount("ro")
        with pytest.raises(ServerError, match="read-only file system"):
            await EmbeddedServer(tmp_path / "bus").start()
        disk.remount("rw")
        server = EmbeddedServer(tmp_path / "bus")
        await server.start()
        await server.stop()


@pytest.mark.parametrize("command", ["up", "demo"])
def test_mesh_says_in_one_line_that_its_folder_cannot_be_used(tmp_path: Path, command: str) -> None:
    """A file stands where the folder should be: what a read-only folder is to root, who may write anywhere else."""
    (tmp_path / "data").write_text("not a folder")
    ended = _mesh(tmp_path / "data", command)
    assert ended.returncode == 1
    assert ended.stderr.startswith("mesh: ")
    assert str(tmp_path / "data") in ended.stderr
    assert "Traceback" not in ended.stderr


def test_mesh_up_on_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "data", monkeypatch) as disk:
        disk.remount("ro")
        ended = _mesh(tmp_path / "data", "up", *disk.enter)
    assert ended.returncode == 1
    assert ended.stderr.startswith("mesh: ")
    assert "Read-only file system" in ended.stderr
    assert "Traceback" not in ended.stderr


def _mesh(data_dir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    verb, *enter = arguments
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MESH_")}
    return subprocess.run(
        [*enter, sys.executable, "-m", "services.mesh", verb],
        env=environ | {"MESH_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
