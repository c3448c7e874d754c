"""`python -m services.notifier`: one notifier process."""

from bus.process import Process, run
from services.notifier.service import run_notifier


async def body(process: Process) -> None:
    """Connect and work until told to stop."""
    bus = await process.connect("notifier")
    try:
        await run_notifier(bus, process.stopping, process.ready)
    finally:
        await bus.close()


def main() -> None:
    """Run the notifier; does not return."""
    run("notifier", body)


if __name__ == "__main__":
    main()
