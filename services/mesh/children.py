"""Child processes: started with a clean environment, watched, restarted when they die, ended by pid and nothing else.

A child says it is ready by logging the event `ready`; its log goes to `<data_dir>/logs/<name>.log` and is read from
there, so a child never blocks on a pipe that nobody reads.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

READY_WITHIN_S = 120.0
_RESTART_PAUSE_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")


class ChildError(Exception):
    """A child did not become ready; the text says which and shows the end of its log."""


class _LogLine(msgspec.Struct):
    event: str = ""


@dataclass
class Child:
    """One process of the stack. `module` is what `python -m` runs; `restarts` counts unexpected deaths.

    While it is `resting`, somebody stops and starts it on purpose: its death is then no accident.
    """

    name: str
    module: str
    environ: Mapping[str, str]
    log_path: Path
    arguments: tuple[str, ...] = ()
    restarts: int = 0
    resting: bool = False
    process: subprocess.Popen[bytes] | None = None
    _read_from: int = field(default=0, repr=False)

    def spawn(self) -> None:
        """Start the process; its standard input stays open as long as we live, so that it can notice our death."""
        self._let_go()
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._read_from = log.tell()
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
                [sys.executable, "-m", self.module, *self.arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**{k: v for k, v in os.environ.items() if k in _INHERITED}, **self.environ},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of the running child; raises ChildError before `spawn`."""
        if self.process is None:
            raise ChildError(f"{self.name} was not started")
        return self.process.pid

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def has_said_ready(self) -> bool:
        """Whether the process, as it was last started, has said that it is ready (it may have died since)."""
        with self.log_path.open("rb") as log:
            log.seek(self._read_from)
            return any(_event_of(line) == "ready" for line in log if b'"ready"' in line)

    async def ready(self, within_s: float = READY_WITHIN_S) -> float:
        """Wait until the child says it is ready; returns the seconds it took. Raises ChildError."""
        started = time.monotonic()
        while time.monotonic() - started < within_s:
            if self.has_said_ready():
                return time.monotonic() - started
            if not self.is_alive():
                break
            await asyncio.sleep(0.02)
        raise ChildError(f"{self.name} did not become ready; its log ends with:\n{self.log_tail()}")

    def kill(self) -> None:
        """End the process at once (SIGKILL), as a crash would."""
        if self.process is not None and self.is_alive():
            self.process.kill()

    async def stop(self, within_s: float = 10.0) -> None:
        """Ask the process to end (SIGTERM) and make sure that it did."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        if not await self._ended(within_s):
            self.process.kill()
            await self._ended(within_s)
        self._let_go()

    async def restart(self) -> None:
        """Stop and start; returns when the process is ready again. Raises ChildError."""
        self.resting = True
        try:
            await self.stop()
            self.spawn()
            await self.ready()
        finally:
            self.resting = False

    def log_tail(self, lines: int = 12) -> str:
        """The last lines the child wrote since it was started."""
        with self.log_path.open("rb") as log:
            log.seek(self._read_from)
            return b"\n".join(log.read().splitlines()[-lines:]).decode(errors="replace")

    def _let_go(self) -> None:
        """Close our end of a child that is gone."""
        if self.process and self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()

    async def _ended(self, within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if not self.is_alive():
                return True
            await asyncio.sleep(0.02)
        return not self.is_alive()


def _event_of(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_LogLine).event
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ""


async def keep_alive(children: Mapping[str, Child], stopping: asyncio.Event) -> None:
    """Start a child again when it dies unasked, until `stopping` is set.

    One that had been ready is back at once, however often it died before; one that dies on its way, a little later each
    time.
    """
    due: dict[str, float] = {}
    vain: dict[str, int] = {}
    while not stopping.is_set():
        for name, child in children.items():
            if child.resting or child.is_alive():
                continue
            if name not in due:
                vain[name] = 0 if child.has_said_ready() else vain.get(name, 0) + 1
                due[name] = time.monotonic() + _RESTART_PAUSE_S[min(vain[name], len(_RESTART_PAUSE_S) - 1)]
            elif time.monotonic() >= due[name]:
                child.restarts += 1
                child.spawn()
                del due[name]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 0.05)
