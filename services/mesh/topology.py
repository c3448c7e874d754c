"""`mesh topology plan|apply`: what the table asks for against what the bus has."""

from bus.client.connection import connect
from bus.servers import topology as table
from schemas.settings import Settings
from services.mesh.running import reaching


async def topology(settings: Settings, action: str) -> int:
    """Print the differences; with `apply`, make them go away. Exit status 1 if `plan` finds any.

    Without MESH_NATS_URL it is the bus of the mesh that runs on `data_dir`, if one does.
    """
    bus = await connect(reaching(settings), "topology")
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
