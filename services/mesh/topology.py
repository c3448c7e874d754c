"""`mesh topology plan|apply`: what the table asks for against what the bus has."""

import msgspec

from bus import topology as table
from bus.connection import connect
from schemas.settings import Settings
from services.mesh.running import running_mesh


async def topology(settings: Settings, action: str) -> int:
    """Print the differences; with `apply`, make them go away. Exit status 1 if `plan` finds any.

    Without MESH_NATS_URL it is the bus of the mesh that runs on `data_dir`, if one does.
    """
    bus = await connect(_reaching(settings), "topology")
    try:
        changes = await (table.apply(bus) if action == "apply" else table.plan(bus))
    finally:
        await bus.close()
    for change in changes:
        print(f"{type(change).__name__.lower():<7} {change.what:<9} {change.name}{_fields(change)}")
    if not changes:
        print("nothing to change")
    return 1 if changes and action == "plan" else 0


def _fields(change: table.Change) -> str:
    return "" if isinstance(change, table.Create) else f"  ({', '.join(change.fields)})"


def _reaching(settings: Settings) -> Settings:
    running = running_mesh(settings.data_dir)
    if running is None or settings.nats_url != Settings().nats_url:
        return settings
    return msgspec.structs.replace(
        settings, nats_url=running.nats_url, nats_keys_dir=running.keys_dir, replicas=running.replicas
    )
