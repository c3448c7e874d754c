"""`python -m services.edge`: one edge process."""

from bus.connection import Bus
from bus.process import Process, run
from services.edge.app import make_app
from services.edge.context import make_edge
from services.edge.serving import serve


async def body(process: Process) -> None:
    """Connect, mirror, serve until told to stop."""
    settings = process.settings
    bus = await process.connect("edge")
    sec: Bus | None = None
    try:
        sec = await process.connect("sec-edge") if settings.nats_keys_dir else None
        edge = make_edge(settings, bus, sec, process.stopping)
        await edge.names.start()
        await edge.hub.start()
        try:
            app = make_app(edge)
            await serve(
                app, settings.edge_host, settings.edge_port, process.stopping, lambda url: process.ready(url=url)
            )
        finally:
            await edge.cursors.stop()
            await edge.hub.stop()
            await edge.names.stop()
    finally:
        for connection in (sec, bus):
            if connection is not None:
                await connection.close()


def main() -> None:
    """Run the edge; does not return."""
    run("edge", body)


if __name__ == "__main__":
    main()
