"""`mesh up --cluster` as a person uses it: from a single mesh's folder, with a server killed, rolled, and stopped."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from bus.servers import store_lock
from services.mesh.running import Running, running_mesh
from tests.e2e.test_command import ANSWER_S, mesh, processes_of, until, up

pytestmark = pytest.mark.timeout(600)


def test_a_mesh_becomes_a_cluster_and_stays_one(tmp_path: Path) -> None:
    with up(tmp_path) as (_, running):
        assert mesh(tmp_path, "demo", "--name", "before").returncode == 0
        before = _shown(running, "before")
    with up(tmp_path, "--cluster") as (process, running):
        assert running.nats_url.count("nats://") == 3
        assert len(running.edge_urls) == 2
        assert [_shown_at(url, "before") for url in running.edge_urls] == [before, before]
        plan = mesh(tmp_path, "topology", "plan")
        assert (plan.returncode, plan.stdout.strip()) == (0, "nothing to change")
        os.kill(_server_pid(tmp_path, 1), signal.SIGKILL)
        done = mesh(tmp_path, "demo", "--name", "during")
        assert done.returncode == 0, done.stdout + done.stderr
        rolled = mesh(tmp_path, "roll")
        assert rolled.returncode == 0, rolled.stdout + rolled.stderr
        assert [line.strip() for line in rolled.stdout.splitlines()][:3] == [f"nats-server-{n}" for n in (1, 2, 3)]
        assert "every part was restarted" in rolled.stdout
        assert [_shown_at(url, "before") for url in running.edge_urls] == [before, before]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert not processes_of(tmp_path)
    alone = mesh(tmp_path, "up")
    assert alone.returncode == 1
    assert "is a cluster: start it with --cluster" in alone.stderr


def test_there_is_nothing_to_roll_without_a_mesh(tmp_path: Path) -> None:
    done = mesh(tmp_path, "roll")
    assert done.returncode == 1
    assert "no `mesh up` runs" in done.stderr
    assert running_mesh(str(tmp_path)) is None


def _server_pid(folder: Path, number: int) -> int:
    """The pid of a nats-server, by its own record."""
    record = store_lock.read_record(folder / "bus" / str(number))
    assert record is not None
    return record.server


def _shown(running: Running, name: str) -> object:
    return _shown_at(running.edge_url, name)


def _shown_at(url: str, name: str) -> object:
    """What the edge at `url` shows of a name, once it is sure that it shows what is."""
    until(lambda: httpx.get(url + "/readyz", timeout=ANSWER_S).status_code == 200, 120)
    shown = httpx.get(f"{url}/v1/names/{name}@shop.test", timeout=ANSWER_S).json()
    return shown["state"], shown["uri"]
