"""The frame of a process, as a process: settings, signals, logs, exit codes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from bus.servers.embedded import EmbeddedServer
from schemas.settings import Settings, to_environ

from .conftest import Until

BODY = """
import asyncio, sys
from bus.process import Process, run

async def body(process: Process) -> None:
    mode = sys.argv[1]
    if mode == "fail":
        raise RuntimeError("no luck")
    if mode == "end":
        return
    if mode == "lost":
        bus = await process.connect("edge")
        process.ready(mode=mode)
        await bus.nc.close()
    else:
        process.log.info("secrets", seed="abandon abandon", note={"rune": "abc", "kind": "SU" + "A" * 56}, raw=b"bytes")
        process.ready(mode=mode)
    await process.stopping.wait()
    if mode == "deaf":
        raise asyncio.CancelledError

run("tester", body)
"""


def start(mode: str, **environ: str) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MESH_")}
    return subprocess.Popen(
        [sys.executable, "-c", BODY, mode], stderr=subprocess.PIPE, text=True, cwd=Path.cwd(), env=kept | environ
    )


def until_ready(process: "subprocess.Popen[str]") -> list[dict[str, object]]:
    lines = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(json.loads(line))
        if lines[-1]["event"] == "ready":
            return lines
    raise AssertionError(f"it never was ready: {lines}")


def end_of(process: "subprocess.Popen[str]") -> tuple[int, str]:
    _, rest = process.communicate(timeout=20)
    return process.returncode, rest


def test_a_signal_lets_it_leave_in_order() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start("wait")
        ready = until_ready(process)[-1]
        assert (ready["service"], ready["mode"], ready["level"]) == ("tester", "wait", "info")
        process.send_signal(number)
        code, rest = end_of(process)
        assert code == 0, rest
        assert json.loads(rest)["event"] == "stopped"


def test_secrets_are_taken_out_of_a_log_line() -> None:
    process = start("wait")
    line = until_ready(process)[0]
    process.terminate()
    end_of(process)
    assert line["seed"] == "<redacted>"
    assert line["note"] == {"rune": "<redacted>", "kind": "<redacted>"}
    assert line["raw"] == "<5 bytes>"


def test_a_body_that_ends_is_fine_and_one_that_fails_is_not() -> None:
    assert end_of(start("end"))[0] == 0
    code, errors = end_of(start("fail"))
    assert code == 1
    assert "no luck" in json.loads(errors)["exception"]


def test_a_body_that_was_cancelled_failed() -> None:
    process = start("deaf")
    until_ready(process)
    process.terminate()
    assert end_of(process)[0] == 1


def test_a_bad_setting_is_named_and_its_value_is_not() -> None:
    code, errors = end_of(start("wait", MESH_REPLICAS="many-secrets"))
    assert code == 2
    assert "MESH_REPLICAS" in errors
    assert "many-secrets" not in errors


def test_no_bus_is_a_failure_that_says_so() -> None:
    code, errors = end_of(start("lost", MESH_NATS_URL="not-a-url"))
    assert code == 2
    assert "MESH_NATS_URL" in errors


async def test_a_bus_lost_for_good_ends_the_process(settings: Settings, server: EmbeddedServer, until: Until) -> None:
    process = start("lost", **to_environ(settings))
    await until(lambda: process.poll() is not None)
    code, errors = end_of(process)
    assert code == 1
    assert "bus.closed" in errors
