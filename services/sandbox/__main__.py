"""The sandbox as a process: `python -m services.sandbox`."""

from bus.process import Process, run
from services.sandbox.box import running


async def body(process: Process) -> None:
    """Serve until told to stop."""
    async with running(process.settings) as parts:
        world = parts.world
        process.ready(control_url=world.control_url, dns_port=world.dns_port, scheduler=world.scheduler_uri)
        await process.stopping.wait()


def main() -> None:
    """Run the sandbox with the settings of the environment."""
    run("sandbox", body)


if __name__ == "__main__":
    main()
