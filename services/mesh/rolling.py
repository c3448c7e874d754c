"""A rolling restart: every nats-server, worker and edge, one at a time, the next only when the last one serves again.

What a client sees: at worst a 503 it may repeat, or a connection that ends, for which there is another edge. With a
single server, worker or edge there is a moment without one. The sandbox stays up: it stands for the outside world.
`mesh roll` asks the running mesh by SIGHUP and follows what it writes to `<data_dir>/roll.json`.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from bus.errors import BusError
from schemas.base import Wire, encode
from schemas.settings import Settings
from services.mesh.children import ChildError
from services.mesh.running import is_alive, running_mesh
from services.mesh.stack import Stack, StackError

STARTS_WITHIN_S = 10.0


class Roll(Wire, frozen=True, kw_only=True):
    """How a rolling restart stands: the `number`th of this mesh, which part is being restarted (empty: none yet), or
    what went wrong."""

    number: int
    state: Literal["rolling", "done", "failed"]
    part: str = ""


async def roll(stack: Stack, say: Callable[[str], None]) -> None:
    """Restart every part of `stack` in turn; `say` is told each one's name. Raises ChildError or BusError."""
    await stack.bus.roll(say)
    for name, child in stack.children.items():
        if name != "sandbox":
            say(name)
            await child.restart()


async def roll_and_tell(stack: Stack) -> None:
    """`roll`, told to whoever reads `roll.json`; what goes wrong is told there, and the mesh goes on."""
    number = _number(stack.data_dir) + 1
    _tell(stack.data_dir, Roll(number=number, state="rolling"))  # heard, though the bus may not be whole for a while
    try:
        await roll(stack, lambda part: _tell(stack.data_dir, Roll(number=number, state="rolling", part=part)))
    except (ChildError, BusError) as error:
        _tell(stack.data_dir, Roll(number=number, state="failed", part=str(error)))
        return
    _tell(stack.data_dir, Roll(number=number, state="done"))


async def ask(settings: Settings) -> int:
    """Have the mesh that runs on `data_dir` restart its parts, and print how it goes. Exit status 1 if it fails."""
    mesh = running_mesh(settings.data_dir)
    if mesh is None or not mesh.rolls:
        raise StackError(f"no `mesh up` runs in {settings.data_dir}")
    folder = Path(mesh.data_dir)
    before, said = _number(folder), ""
    os.kill(mesh.pid, signal.SIGHUP)
    loop = asyncio.get_running_loop()
    begun_by = loop.time() + STARTS_WITHIN_S
    while is_alive(mesh.pid):
        found = _read(folder)
        if found is None or found.number == before:
            if loop.time() > begun_by:
                raise StackError("the mesh did not begin: it may be restarting its parts already")
        elif found.state != "rolling":
            print("every part was restarted" if found.state == "done" else f"failed: {found.part}", flush=True)
            return 0 if found.state == "done" else 1
        elif found.part != said:
            said = found.part
            print(f"  {said}", flush=True)
        await asyncio.sleep(0.02)
    raise StackError("the mesh ended meanwhile")


def _file(folder: Path) -> Path:
    return folder / "roll.json"


def _read(folder: Path) -> Roll | None:
    try:
        return msgspec.json.decode(_file(folder).read_bytes(), type=Roll)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _number(folder: Path) -> int:
    found = _read(folder)
    return found.number if found else 0


def _tell(folder: Path, what: Roll) -> None:
    draft = _file(folder).with_suffix(".tmp")
    draft.write_bytes(encode(what))
    draft.replace(_file(folder))
