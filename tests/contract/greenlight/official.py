"""The official client in an environment and a process of its own.

The environment is made once from hash-locked requirements and kept in the user's cache folder under the lock's digest.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import subprocess
import sys
import venv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from services.sandbox.greenlight import GreenlightAddresses

HERE = Path(__file__).resolve().parents[2] / "glclient"
LOCK = HERE / "requirements.lock"
ANSWER_S = 60.0


def unsupported() -> str:
    """Why the official wheel cannot run here; empty if it can."""
    libc, version = platform.libc_ver()
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the official Greenlight client has a wheel for Linux on x86-64 only"
    if libc != "glibc" or tuple(map(int, version.split(".")[:2])) < (2, 34):
        return "the official Greenlight client's wheel needs glibc 2.34 or later"
    return ""


def environment() -> Path:
    """The Python of the official client's environment, made if it is not there; one maker at a time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shopstr-mesh"
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache / f"glclient-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "glclient.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _make(folder)
    return folder / "bin" / "python"


def _make(folder: Path) -> None:
    venv.create(folder, with_pip=True, clear=True)
    install = ["-m", "pip", "install", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(LOCK)]
    subprocess.run([str(folder / "bin" / "python"), *install], check=True)
    (folder / "complete").touch()


class OfficialError(Exception):
    """The official client's own error text."""


class Official:
    """A running official client; calls are the methods of `tests/glclient/official.py`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def call(self, do: str, **arguments: object) -> Any:
        """One command. Raises OfficialError with the client's text, ConnectionError when its process died."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        await self._process.stdin.drain()
        line = await asyncio.wait_for(self._process.stdout.readline(), ANSWER_S)
        if not line:
            raise ConnectionError(f"the official client died during {do}: {await self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise OfficialError(answer["error"])
        return answer["ok"]


@contextlib.asynccontextmanager
async def official_client(python: Path, addresses: GreenlightAddresses) -> AsyncIterator[Official]:
    """The official client pointed at a sandbox, ended with the block."""
    surroundings = {
        "PATH": os.environ.get("PATH", ""),
        "GL_SCHEDULER_GRPC_URI": addresses.scheduler_uri,
        "GL_CA_CRT": str(addresses.ca_file),
        "GL_NOBODY_CRT": str(addresses.nobody_cert_file),
        "GL_NOBODY_KEY": str(addresses.nobody_key_file),
    }
    process = await asyncio.create_subprocess_exec(
        python,
        HERE / "official.py",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=surroundings,
        limit=1 << 20,
    )
    try:
        yield Official(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
