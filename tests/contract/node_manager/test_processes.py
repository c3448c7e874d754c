"""The two workers as processes: ready, stopped by a signal, and refused with the setting's name when one is missing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from schemas.settings import Settings, to_environ
from tests.waiting import until

from .place import Place

CHECKOUT = Path(__file__).resolve().parents[3]


def start(service: str, settings: Settings, log: Path) -> "subprocess.Popen[bytes]":
    """The service as a process that logs to `log`."""
    environ = {"PATH": os.environ["PATH"], **to_environ(settings)}
    with log.open("wb") as file:
        return subprocess.Popen([sys.executable, "-m", service], cwd=CHECKOUT, env=environ, stderr=file)


@pytest.mark.parametrize("service", ["node_manager", "offer_builder"])
async def test_a_process_says_when_it_is_ready_and_leaves_when_asked(place: Place, service: str) -> None:
    log = place.folder / f"{service}.log"
    process = start(f"services.{service}", place.settings, log)
    try:

        async def ready() -> bool:
            assert process.poll() is None, log.read_text()
            return '"ready"' in log.read_text()

        await until(ready)
        process.send_signal(signal.SIGTERM)
        await until(lambda: ended(process))
        assert process.returncode == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("service", "setting", "value"),
    [("node_manager", "credentials_key_file", ""), ("offer_builder", "name_domains", ("No Domain",))],
)
async def test_a_setting_that_cannot_be_used_ends_the_process_naming_it(
    place: Place, service: str, setting: str, value: object
) -> None:
    log = place.folder / f"{service}.log"
    process = start(f"services.{service}", msgspec.structs.replace(place.settings, **{setting: value}), log)
    try:
        await until(lambda: ended(process))
        assert process.returncode == 2
        assert f"MESH_{setting.upper()}" in log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()


async def ended(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it has left."""
    return process.poll() is not None
