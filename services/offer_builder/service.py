"""One offer-builder process from start to stop."""

import asyncio
from collections.abc import Callable

from bus import tasks
from bus.client.connection import connect
from bus.workers.running import run_worker
from schemas.flows import WorkerName
from schemas.names import NameProblem, parse_name
from schemas.settings import SettingError, Settings
from services.offer_builder.desk import make_desk
from services.offer_builder.handlers.table import handlers
from services.offer_builder.upkeep.sweep import run_upkeep

WORKER: WorkerName = "offer-builder"


async def serve(
    settings: Settings, stopping: asyncio.Event, ready: Callable[[], None], lost: Callable[[], None]
) -> None:
    """Run until `stopping`; `lost` is called if the connection ends for good.

    Raises SettingError if a domain of ours could never hold a name.
    """
    check_domains(settings)
    bus = await connect(settings, WORKER, on_closed=lost)
    try:
        desk = make_desk(bus, settings)
        upkeep = asyncio.create_task(run_upkeep(bus, desk, stopping), name="upkeep")
        try:
            ready()
            await run_worker(bus, WORKER, handlers(desk), stopping)
        finally:
            await tasks.end(upkeep)
    finally:
        await bus.close()


def check_domains(settings: Settings) -> None:
    """SettingError unless every domain is lower-case and fits under a name."""
    for domain in settings.name_domains:
        name = parse_name(f"a@{domain}")
        if isinstance(name, NameProblem) or name.domain != domain:
            raise SettingError("MESH_NAME_DOMAINS", "every domain must be a lower-case DNS name that can hold names")
