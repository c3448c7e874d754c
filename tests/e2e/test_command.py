"""The `mesh` command as a person uses it: processes, exit codes, what is printed, what is left behind."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from services.mesh.running import Running, running_file, running_mesh
from services.mesh.sandbox_env import exports

pytestmark = pytest.mark.timeout(300)

START_S = 120.0
ANSWER_S = 60.0
"""For an answer of a machine that is busy with something else."""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A plain environment in which `mesh` works in `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"MESH_DATA_DIR": str(folder), "MESH_EDGE_PORT": "0"} | more


def mesh(folder: Path, *arguments: str, timeout_s: float = 250, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one `mesh` command to its end."""
    command = [sys.executable, "-m", "services.mesh", *arguments]
    return subprocess.run(
        command, env=environment(folder, **more), capture_output=True, text=True, timeout=timeout_s, check=False
    )


@contextlib.contextmanager
def up(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Running]]:
    """`mesh up` in the background, ready; ended on the way out if it still runs."""
    command = [sys.executable, "-m", "services.mesh", "up", *arguments]
    with subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: (running_mesh(str(folder)) or process.poll()) is not None, START_S)
            running = running_mesh(str(folder))
            assert running is not None, "mesh up ended"
            yield process, running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=90)


def until(condition: Callable[[], bool], within_s: float) -> None:
    """Wait for `condition`; AssertionError if it does not come true."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def processes_of(folder: Path) -> set[int]:
    """Processes whose environment or command line names `folder` (Linux)."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
    return found - {os.getpid()}


def test_the_demo_ends_with_a_table_that_is_true(tmp_path: Path) -> None:
    done = mesh(tmp_path, "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in ("₿alice@shop.test", "secure, holds", "username.register.activated", "notifications arrived"):
        assert expected in done.stdout
    for expected in ("bob to ₿alice@shop.test, “for tea”: settled", "payment.send.settled", "payment.receive.credited"):
        assert expected in done.stdout
    # What bob is short of is what alice has more, and the fee: 50,000 sat came to him from outside.
    fee = re.search(r"21,000 sat \+ ([0-9.]+) sat fee", done.stdout)
    assert fee is not None
    assert f"{50_000 - 21_000 - Decimal(fee[1]):,} sat" in done.stdout
    assert "✗" not in done.stdout
    assert not processes_of(tmp_path)


def test_a_demo_that_fails_says_why_and_keeps_its_logs(tmp_path: Path) -> None:
    done = mesh(tmp_path, "demo", "--name", "admin", MESH_DATA_DIR=".mesh", TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert "username-reserved" in done.stdout
    assert list(tmp_path.glob("mesh-demo-*/logs/edge.log"))


def test_up_says_what_is_ready_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    with up(tmp_path) as (process, running):
        assert httpx.get(running.edge_url + "/readyz", timeout=ANSWER_S).json()["status"] == "ready"
        plan = mesh(tmp_path, "topology", "plan")
        assert (plan.returncode, plan.stdout.strip()) == (0, "nothing to change")
        assert mesh(tmp_path, "up").returncode == 1, "two meshes in one folder"
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=90)[0]
    assert process.returncode == 0
    for part in ("bus", "sandbox", "node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "edge"):
        assert f"ready  {part}" in said
    assert not running_file(str(tmp_path)).exists()
    assert not processes_of(tmp_path)


def test_a_mesh_that_was_killed_starts_again_with_nothing_lost(tmp_path: Path) -> None:
    with up(tmp_path) as (process, running):
        assert mesh(tmp_path, "demo", "--name", "durable").returncode == 0
        before = httpx.get(running.edge_url + "/v1/names/durable@shop.test", timeout=ANSWER_S).json()
        process.kill()
        process.wait(timeout=60)
        until(lambda: len(processes_of(tmp_path)) <= 1, 90)  # the workers notice; nats-server is taken over
    with up(tmp_path) as (_, running):
        after = httpx.get(running.edge_url + "/v1/names/durable@shop.test", timeout=ANSWER_S).json()
        assert (after["state"], after["uri"]) == ("active", before["uri"])
        resolved = httpx.get(running.edge_url + "/v1/resolve/durable@shop.test", timeout=ANSWER_S).json()
        assert resolved["uri"] == before["uri"]
    assert not processes_of(tmp_path)


def test_the_exports_lead_a_validating_resolver_to_a_secure_answer(tmp_path: Path) -> None:
    delv = shutil.which("delv")
    if delv is None:
        pytest.skip("delv is not installed (Debian: bind9-dnsutils)")
    assert mesh(tmp_path, "sandbox", "env").returncode == 1
    with up(tmp_path) as (_, running):
        assert mesh(tmp_path, "demo").returncode == 0
        shown = mesh(tmp_path, "sandbox", "env").stdout
        found = exports(running.world)
        assert all(f"export {name}=" in shown for name in found)
        command = [
            *(delv, f"@{found['DELV_SERVER']}", "-p", found["DELV_PORT"], "-a", found["DELV_ANCHOR_FILE"], "+root=."),
            *("alice.user._bitcoin-payment.shop.test", "TXT"),
        ]
        said = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S, check=False).stdout
        verified = mesh(tmp_path, "verify", "alice@shop.test")
        assert (verified.returncode, "bitcoin:?lno=lno1" in verified.stdout) == (0, True), verified
    assert "; fully validated" in said
    assert "bitcoin:?lno=lno1" in said


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds the processes in /proc, which only Linux has")
def test_what_dies_under_up_is_started_again(tmp_path: Path) -> None:
    with up(tmp_path) as (_, running):
        assert mesh(tmp_path, "demo", "--name", "before").returncode == 0
        victims = {pid for pid in processes_of(tmp_path) if b"nats-server" in cmdline(pid) or b"edge" in cmdline(pid)}
        assert len(victims) == 2
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not victims & processes_of(tmp_path) and _is_ready(running.edge_url), 120)
        assert mesh(tmp_path, "demo", "--name", "after").returncode == 0
        assert httpx.get(running.edge_url + "/v1/names/before@shop.test", timeout=ANSWER_S).json()["state"] == "active"


def cmdline(pid: int) -> bytes:
    """The command line of a process; empty once it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _is_ready(edge_url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(edge_url + "/readyz", timeout=ANSWER_S).status_code == 200
    return False


@pytest.mark.parametrize("verb", [("up",), ("demo",), ("run", "edge"), ("topology", "plan")])
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, verb: tuple[str, ...]) -> None:
    done = mesh(tmp_path, *verb, MESH_DNS_PORT="fifty-three")
    assert done.returncode == 2
    assert "MESH_DNS_PORT" in done.stderr
    assert "fifty-three" not in done.stderr


@pytest.mark.parametrize("count", [("--edges", "0"), ("--replicas", "-1"), ("--edges", "many")])
def test_a_count_that_makes_no_sense_is_refused(tmp_path: Path, count: tuple[str, str]) -> None:
    done = mesh(tmp_path, "up", *count)
    assert done.returncode == 2
    assert count[0] in done.stderr


def test_a_header_for_curl(tmp_path: Path) -> None:
    key = tmp_path / "owner.key"
    key.write_text("07" * 32)
    url = "http://127.0.0.1:1/v1/nodes"
    done = mesh(tmp_path, "nip98", "POST", url, "--body", "{}", NOSTR_KEY_FILE=str(key))
    assert done.returncode == 0
    assert done.stdout.startswith("Authorization: Nostr ")
    assert mesh(tmp_path, "nip98", "GET", url).returncode == 2
