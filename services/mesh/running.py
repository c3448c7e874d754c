"""What runs where: a mesh writes `<data_dir>/mesh.json` once it is up, so that other commands find it."""

import os
from pathlib import Path

import msgspec

from schemas.base import Wire, encode
from schemas.settings import Settings
from schemas.world import World


class Running(Wire, frozen=True, kw_only=True):
    """A mesh that is up: `pid` of the `mesh` process, where its edges and bus listen, its nkeys' folder, its sandbox.

    `edge_url` is the first of `edge_urls`, and the canonical URL that clients sign for all of them. `replicas` of each
    stream; `rolls`: SIGHUP makes it restart its parts one by one.
    """

    pid: int
    data_dir: str
    edge_url: str
    edge_urls: tuple[str, ...]
    nats_url: str
    keys_dir: str
    replicas: int = 1
    rolls: bool = False
    world: World


def running_file(data_dir: str) -> Path:
    """Where the mesh of `data_dir` says that it is up."""
    return Path(data_dir).absolute() / "mesh.json"


def write_running(running: Running) -> None:
    """Say that `running` is up: whole or not at all, since somebody may be reading just now."""
    file = running_file(running.data_dir)
    draft = file.with_name(f"{file.name}.{running.pid}")
    draft.write_bytes(encode(running))
    draft.replace(file)


def running_mesh(data_dir: str) -> Running | None:
    """The mesh that is up on `data_dir`; None if there is none, or only the note of one that died."""
    try:
        found = msgspec.json.decode(running_file(data_dir).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None
    return found if is_alive(found.pid) else None


def reaching(settings: Settings) -> Settings:
    """`settings`, pointed at the bus of the mesh that runs on `data_dir` unless they name another."""
    running = running_mesh(settings.data_dir)
    if running is None or settings.nats_url != Settings().nats_url:
        return settings
    return msgspec.structs.replace(
        settings, nats_url=running.nats_url, nats_keys_dir=running.keys_dir, replicas=running.replicas
    )


def is_alive(pid: int) -> bool:
    """Whether a process with that id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
