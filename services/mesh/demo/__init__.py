"""`mesh demo`: somebody gets a name, somebody else pays it, and you watch. Exit 0 only if every claim is true."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
from grpc.aio import AioRpcError
from websockets.exceptions import WebSocketException

from schemas.settings import Settings
from services.mesh.demo.progress import Progress
from services.mesh.demo.story import Story
from services.mesh.demo.table import show
from services.mesh.device.owner import Refused
from services.mesh.running import Running, running_mesh
from services.mesh.stack import Stack

_TROUBLE = (Refused, TimeoutError, httpx.HTTPError, AioRpcError, WebSocketException, OSError)
"""What a mesh that says no, or nothing, looks like from a phone."""


class DemoFailed(Exception):
    """Something the demo claims is not true, or it could not be told to the end; it was said on the way."""


async def demo(settings: Settings, *, username: str, keep: bool) -> int:
    """Tell the whole story against a mesh that runs on `data_dir`, or against one started for it."""
    progress = Progress()
    try:
        async with _mesh(settings, progress, keep=keep) as mesh:
            await _tell(mesh, progress, username)
    except DemoFailed:
        return 1
    return 0


async def _tell(mesh: Running, progress: Progress, username: str) -> None:
    try:
        seen = await Story(mesh, progress).tell(username)
    except _TROUBLE as error:
        progress.say(f"stopped: {str(error) or type(error).__name__}")
        if isinstance(error, Refused) and error.code == "name-taken":
            progress.say("somebody registered it in this mesh before: try another with --name")
        raise DemoFailed from error
    if show(seen, progress.elapsed_s):
        raise DemoFailed


@contextlib.asynccontextmanager
async def _mesh(settings: Settings, progress: Progress, *, keep: bool) -> AsyncIterator[Running]:
    found = running_mesh(settings.data_dir)
    if found is not None:
        progress.say(f"using the mesh that runs at {found.edge_url}")
        yield found
        return
    with _folder(settings, keep=keep) as folder:
        progress.say(f"starting a mesh in {folder}")
        async with Stack(folder, settings, edge_port=0, on_ready=progress.ready) as stack:
            yield stack.running()
            progress.say("stopping the mesh")


@contextlib.contextmanager
def _folder(settings: Settings, *, keep: bool) -> Iterator[Path]:
    if settings.data_dir != Settings().data_dir:
        yield Path(settings.data_dir).absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="mesh-demo-"))
    try:
        yield folder
    except BaseException:
        keep = True  # whoever wants to know why needs the logs
        raise
    finally:
        if keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
