"""Looking into a world's state, which is plain data."""

from typing import Any, cast

from schemas.greenlight.keys import NodeKeys
from services.sandbox.greenlight import GreenlightWorld


def state_of(world: GreenlightWorld) -> dict[str, Any]:
    """The whole state, to be indexed freely."""
    return cast("dict[str, Any]", world.state())


def node_of(world: GreenlightWorld, keys: NodeKeys) -> dict[str, Any]:
    """What the world knows of one node."""
    return cast("dict[str, Any]", state_of(world)["nodes"][keys.node_id.hex()])
