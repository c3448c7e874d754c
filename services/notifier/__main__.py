"""`python -m services.notifier`: one notifier process."""

from bus.client.connection import Bus
from bus.process import Process, run
from schemas.settings import SettingError
from services.notifier.service import run_notifier


async def body(process: Process) -> None:
    """Connect and work until told to stop; a setting that cannot be used ends the process with code 2, naming it."""
    bus = await process.connect("notifier")
    sec: Bus | None = None
    try:
        sec = await process.connect("sec-notifier") if process.settings.nats_keys_dir else None
        await run_notifier(bus, process.stopping, process.ready, sec=sec)
    except SettingError as error:
        process.log.error("setting.refused", setting=error.name, detail=str(error))
        process.exit_code = 2
    finally:
        for connection in (sec, bus):
            if connection is not None:
                await connection.close()


def main() -> None:
    """Run the notifier; does not return."""
    run("notifier", body)


if __name__ == "__main__":
    main()
