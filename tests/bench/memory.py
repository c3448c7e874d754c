"""How much memory a process has in use."""

from pathlib import Path


def resident_mib(pid: int) -> float:
    """Resident memory of `pid` in MiB; not a number where there is no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
