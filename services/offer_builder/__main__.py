"""`python -m services.offer_builder`: one replica of offer-builder."""

from bus.process import Process, run
from schemas.settings import SettingError
from services.offer_builder.service import serve


async def body(process: Process) -> None:
    """Serve until told to stop; a setting that cannot be used ends the process with code 2, naming it."""
    try:
        await serve(process.settings, process.stopping, process.ready, process.lost)
    except SettingError as error:
        process.log.error("setting.refused", setting=error.name, detail=str(error))
        process.exit_code = 2


def main() -> None:
    """Entry point of `mesh run offer-builder`."""
    run("offer-builder", body)


if __name__ == "__main__":
    main()
