"""Packages of Node that tests need: installed from their lock file in a folder of their own, outside the checkout."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

OLDEST_NODE = 18


def why_no_node() -> str | None:
    """Why nothing of Node's can be installed or run here; None if it can."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed (Debian: apt install nodejs npm)"
    if int(run(["node", "--version"]).strip().lstrip("v").split(".")[0]) < OLDEST_NODE:
        return f"node is older than {OLDEST_NODE}"
    return None


def install(package: Path) -> None:
    """`npm ci` in the folder of a package; no script of any package is run."""
    run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], package, within_s=180)


def run(
    command: Sequence[str], folder: Path | None = None, environ: dict[str, str] | None = None, within_s: float = 30
) -> str:
    """What the command prints; AssertionError with all its words if it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=within_s
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
