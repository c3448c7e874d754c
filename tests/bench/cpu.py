"""How much CPU time the processes of a mesh have used."""

import os
import time
from pathlib import Path

from tests.harness import Mesh


def cpu_seconds(mesh: Mesh) -> dict[str, float]:
    """Seconds of CPU by process, this one included; raises FileNotFoundError where there is no /proc."""
    pids = {name: child.pid for name, child in mesh.stack.children.items()}
    if mesh.stack.server.pid:
        pids["nats-server"] = mesh.stack.server.pid
    return {name: process_seconds(pid) for name, pid in pids.items()} | {"this client": time.process_time()}


def process_seconds(pid: int) -> float:
    """Seconds of CPU that process `pid` has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(before: dict[str, float], after: dict[str, float], each: int) -> str:
    """Milliseconds of CPU for each of `each` things done between the two, by process."""
    return ", ".join(f"{name} {(after[name] - before[name]) / each * 1000:.1f}" for name in sorted(after))
