"""`mesh up`: the whole stack in the foreground, one line per part as it becomes ready, until Ctrl-C."""

import asyncio
import signal
from pathlib import Path

from schemas.settings import Settings
from services.mesh.rolling import roll_and_tell
from services.mesh.stack import Stack


def say_ready(part: str, seconds: float, where: str) -> None:
    """One line for a part that answers."""
    print(f"  ready  {part:<18} {seconds:5.2f} s  {where}", flush=True)


async def up(settings: Settings, *, replicas: int | None, edges: int | None, cluster: bool) -> int:
    """Start everything, print where it listens, wait for a signal, stop everything. SIGHUP: a rolling restart."""
    stopping, rolling = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, rolling.set)
    folder = Path(settings.data_dir).absolute()
    stack = Stack(folder, settings, replicas=replicas, edges=edges, cluster=cluster, rolls=True, on_ready=say_ready)
    print(f"mesh: starting in {stack.data_dir}", flush=True)
    async with stack:
        print("\n".join(("", *urls(stack), "", "Ctrl-C stops everything.")), flush=True)
        roller = asyncio.create_task(_roll_when_asked(stack, rolling))
        await stopping.wait()
        print("mesh: stopping", flush=True)
        roller.cancel()
        await asyncio.gather(roller, return_exceptions=True)
    print("mesh: stopped", flush=True)
    return 0


async def _roll_when_asked(stack: Stack, asked: asyncio.Event) -> None:
    while True:
        await asked.wait()
        asked.clear()
        print("mesh: restarting every part, one at a time", flush=True)
        await roll_and_tell(stack)


def urls(stack: Stack) -> list[str]:
    """Where a person or a program reaches the parts of `stack`."""
    return [
        f"  edge       {stack.edge_url}   (try {stack.edge_url}/readyz)",
        *(f"             {url}   (sign for {stack.edge_url})" for url in stack.edge_urls[1:]),
        f"  bus        {stack.nats_url}",
        f"  sandbox    {stack.world.control_url}/control/state",
        f"  logs       {stack.data_dir / 'logs'}",
        '  tools      eval "$(mesh sandbox env)"',
    ]
