"""`mesh credentials rotate`: a new key seals every node's credentials, while everything runs.

`rotate` puts a new key first in the key file (the former one stays and opens), then has everything sealed anew; run
again after it was interrupted, it goes on with the key that it made. `--finish` takes the former keys out of the file,
after having looked that nothing needs them. With a KMS there is no file to change: set its new key's name, and rotate.
"""

import argparse
import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import msgspec

from schemas.settings import Settings, to_environ
from services.mesh.running import reaching, running_mesh

RESEALER = "services.node_manager.reseal"


def add_to(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's command line."""
    parser = verbs.add_parser("credentials", help="the key that seals node credentials: rotate it while all runs")
    parser.add_argument("action", choices=("rotate",))
    parser.add_argument("--finish", action="store_true", help="take the former keys out of the key file")


def credentials(settings: Settings, *, finish: bool) -> int:
    """Rotate, or finish; exit status as the resealing's."""
    settings = _found(settings)
    file = Path(settings.credentials_key_file)
    if not settings.credentials_kms_command:
        if not settings.credentials_key_file:
            print("mesh: MESH_CREDENTIALS_KEY_FILE: must name the key file", file=sys.stderr)
            return 2
        if not finish and len(_lines(file)) == 1:
            _replace(file, [base64.b64encode(secrets.token_bytes(32)), *_lines(file)])
            print(f"a new key stands first in {file}")
    environ = {**os.environ, **to_environ(settings)}
    done = subprocess.run([sys.executable, "-m", RESEALER], env=environ, check=False)  # noqa: S603  our own module
    if done.returncode:
        return done.returncode
    if finish and not settings.credentials_kms_command:
        _replace(file, _lines(file)[:1])
        print(f"one key is left in {file}")
    elif settings.credentials_key_file and len(_lines(file)) > 1:
        print("the former key still opens; take it out with --finish")
    return 0


def _found(settings: Settings) -> Settings:
    """`settings`, pointed at the bus and the key file of the mesh that runs on `data_dir` unless they name others."""
    running = running_mesh(settings.data_dir)
    if running is None or settings.credentials_key_file:
        return reaching(settings)
    own = str(Path(running.data_dir) / "credentials.key")
    return msgspec.structs.replace(reaching(settings), credentials_key_file=own)


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().split()


def _replace(file: Path, lines: list[bytes]) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("wb") as out:
        out.write(b"\n".join(lines) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
