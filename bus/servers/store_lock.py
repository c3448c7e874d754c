"""One live server a store, proved by a lock the kernel drops when its last holder dies.

The lock's open file is inherited by nats-server, so it stays taken while either we or our server live: an orphan (its
starter was killed) still holds it and is recognised by the record beside the lock, while another live starter is
refused.
"""

import fcntl
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bus.errors import StoreInUse

RECORD = "server.json"


@dataclass(frozen=True, slots=True)
class Record:
    """Who runs the server of a store: pids with their start marks (a pid alone may have been reused), and its port."""

    starter: int
    starter_mark: str
    server: int
    server_mark: str
    port: int


def take(folder: Path, *, patience_s: float = 10) -> int:
    """The locked file descriptor of `folder`'s lock; ends an orphaned server first. StoreInUse if a live one owns
    it."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience_s
    while not _locked(handle):
        record = read_record(folder)
        if record is None or alive(record.starter, record.starter_mark) or time.monotonic() > deadline:
            os.close(handle)
            raise StoreInUse(f"another live nats-server works on {folder.name}")
        if alive(record.server, record.server_mark):
            os.kill(record.server, signal.SIGTERM)
        time.sleep(0.05)
    return handle


def read_record(folder: Path) -> Record | None:
    """The last record written in `folder`, or None."""
    try:
        return Record(**json.loads((folder / RECORD).read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None


def write_record(folder: Path, server: int, port: int) -> None:
    """Remember who runs the server, atomically."""
    record = Record(os.getpid(), mark(os.getpid()), server, mark(server), port)
    draft = folder / f"{RECORD}.tmp"
    draft.write_text(json.dumps(asdict(record)), encoding="ascii")
    draft.replace(folder / RECORD)


def alive(pid: int, since: str) -> bool:
    """Whether the process `pid` that bore `since` still runs."""
    return mark(pid) == since and since != ""


def mark(pid: int) -> str:
    """What tells this process from a later one with the same pid (its start time); empty if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except OSError:
        return _mark_without_proc(pid)


def _mark_without_proc(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "running"


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
