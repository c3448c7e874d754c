"""`python -m services.edge`: one edge process.

It listens before it is connected, so that whoever watches it can tell a process that waits for the bus (`/healthz` 200,
`/readyz` 503) from one that is dead.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

from bus import tasks
from bus.client.clock import kept_right
from bus.process import Process, run
from services.edge.app import make_app
from services.edge.context import Edge, make_edge
from services.edge.web.serving import serve
from services.edge.web.threshold import Threshold


async def body(process: Process) -> None:
    """Listen, connect, mirror, serve until told to stop; connections outlive the last answer."""
    settings = process.settings
    threshold = Threshold()
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(threshold, settings.edge_host, settings.edge_port, process.stopping, url.set_result)
    )
    try:
        async with AsyncExitStack() as stack:
            edge = await _unless_over(serving, _assembled(process, stack))
            if edge is not None:
                threshold.open(make_app(edge))
                either: tuple[asyncio.Future[Any], ...] = (serving, url)
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if url.done():
                    process.ready(url=url.result())
                await asyncio.wait([serving])
    finally:
        process.stopping.set()
        await serving


async def _assembled(process: Process, stack: AsyncExitStack) -> Edge:
    """The edge over its connections; `stack` takes it apart again."""
    settings = process.settings
    bus = await process.connect("edge")
    stack.push_async_callback(bus.close)
    sec = await process.connect("sec-edge") if settings.nats_keys_dir else None
    if sec is not None:
        stack.push_async_callback(sec.close)
    await stack.enter_async_context(kept_right(bus))
    edge = make_edge(settings, bus, sec, process.stopping)
    await edge.start()
    stack.push_async_callback(edge.stop)
    return edge


async def _unless_over(serving: "asyncio.Task[None]", work: Coroutine[None, None, Edge]) -> Edge | None:
    """What `work` makes; None if serving ended first (we were told to stop, or the port is taken)."""
    working = asyncio.create_task(work)
    await asyncio.wait([serving, working], return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        return working.result()
    await tasks.end(working)
    return None


def main() -> None:
    """Run the edge; does not return."""
    run("edge", body)


if __name__ == "__main__":
    main()
