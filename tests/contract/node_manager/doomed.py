"""A process that does one piece of a worker's work and kills itself (SIGKILL) at one of the places where that waits.

What it has waited for until then has happened. Its arguments: `credit` (the step, of an operation) or `hook` (a node's
webhook), the owner, the id, and how often it may wait. It ends with 0 if the work was done before that.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine, Generator
from typing import Any

from bus.client.connection import connect
from bus.operations import ledger
from bus.operations.facts import OpRef
from schemas import settings
from schemas.flows import FLOWS
from schemas.ids import OpId, Owner
from schemas.settings import Settings, to_environ
from services.node_manager.hooks.asking import ask_for_hook
from services.offer_builder.desk import make_desk
from services.offer_builder.offers.credit import Credit

from .desks import a_desk
from .test_processes import CHECKOUT

MODULE = "tests.contract.node_manager.doomed"
CREDIT = FLOWS["payment.receive"].step("credit")


class Dying:
    """`work`, whose process dies once it has waited `waits` times."""

    def __init__(self, work: Coroutine[Any, Any, object], waits: int) -> None:
        self._work, self._waits = work, waits

    def __await__(self) -> Generator[Any, None, None]:
        for _ in range(self._waits):
            try:
                waiting = self._work.send(None)
            except StopIteration:
                return
            yield waiting
        os.kill(os.getpid(), signal.SIGKILL)


async def credit(found: Settings, owner: Owner, op: OpId, waits: int) -> None:
    """The step `credit` of that operation; nothing of it is committed."""
    bus = await connect(found, "offer-builder")
    standing = await ledger.read(bus, OpRef(owner, op))
    assert standing is not None
    await Dying(Credit(make_desk(bus, found)).act(standing, CREDIT), waits)
    await bus.close()


async def hook(found: Settings, owner: Owner, node_id: str, waits: int) -> None:
    """The webhook of that node."""
    async with a_desk(found) as desk:
        page = await desk.book.read(owner, node_id)
        assert page is not None
        await Dying(ask_for_hook(desk, page), waits)


async def dies(found: Settings, what: str, owner: Owner, about: str, waits: int) -> bool:
    """Whether such a process died at its work; it had not, if that was done before."""
    environ = {"PATH": os.environ["PATH"], **to_environ(found)}
    command = [sys.executable, "-m", MODULE, what, owner, about, str(waits)]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=CHECKOUT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode in (0, -signal.SIGKILL), said.decode()
    return process.returncode != 0


if __name__ == "__main__":
    _what, _owner, _about, _waits = sys.argv[1:]
    _found = settings.load(os.environ)
    asyncio.run((credit if _what == "credit" else hook)(_found, Owner(_owner), OpId(_about), int(_waits)))
