"""Children of the `mesh` command: who had been ready is back at once, however often it was killed before."""

import asyncio
from pathlib import Path

import pytest

from services.mesh import children
from services.mesh.children import Child, keep_alive

BODY = """
import sys, time
print('{"event": "ready"}' if sys.argv[1] == "well" else '{"event": "ill"}', flush=True)
time.sleep(600 if sys.argv[1] == "well" else 0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mesh_child_of_a_test.py").write_text(BODY)
    return tmp_path


def child_of(folder: Path, how: str) -> Child:
    return Child(how, "mesh_child_of_a_test", {"PYTHONPATH": str(folder)}, folder / f"{how}.log", (how,))


async def test_deaths_of_a_child_that_was_ready_are_not_held_against_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_RESTART_PAUSE_S", (0.01, 0.01, 3600.0))
    well, ill, stopping = child_of(folder, "well"), child_of(folder, "ill"), asyncio.Event()
    well.spawn()
    ill.spawn()
    keeper = asyncio.create_task(keep_alive({"well": well, "ill": ill}, stopping))
    try:
        for deaths in range(6):
            async with asyncio.timeout(30):
                while well.restarts < deaths or not well.is_alive() or not well.has_said_ready():
                    await asyncio.sleep(0.01)
            well.kill()
        assert ill.restarts <= 1, "one that never gets ready waits longer each time"
    finally:
        stopping.set()
        await keeper
        await asyncio.gather(well.stop(), ill.stop())
