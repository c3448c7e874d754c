"""What signing its calls costs a caller of a node: `getinfo` signed and not, over one channel to one server in turn.

The server is the sandbox's self-hosted Core Lightning, which takes both and checks neither, in its own process. Beside
it a Greenlight node, which checks signature and rune of every call. Last, the signing alone, without any call.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from proto import node_pb2
from schemas.doors import ClnAccess
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.request_auth import sign_call
from schemas.world import World
from services.mesh.device.command import own_node
from services.node_manager.desk import CLN_NAME
from services.node_manager.greenlight.channels import Channels, Identity
from services.node_manager.greenlight.node import Node, NodeAccess
from services.node_manager.lifecycle.signed import Signed
from tests.bench.bare_node import BareNode, bare_node
from tests.contract.dnssec_verifier.town import sandbox_process

ROUNDS, CALLS, SIGNED = 15, 150, 2_000
TIMEOUT_S = 10.0


@dataclass
class Side:
    """One way to call: seconds a call, and seconds of this process's CPU a call, in each round."""

    name: str
    node: Node
    taken: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def run() -> None:
    """Print each way, and its ratio to calls that are not signed."""
    asyncio.run(_run())


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as name, sandbox_process(Path(name)) as world:
        async with AsyncExitStack() as stack:
            owned = await stack.enter_async_context(bare_node(world))
            channels = Channels(Path(world.ca_file).read_bytes())
            stack.push_async_callback(channels.close)
            sides = _sides(world, owned, channels)
            for number in range(ROUNDS + 1):
                for side in sides:
                    await _round(side, counts=number > 0)  # the first is for connections
            assert len(channels) == 2, "signed or not, one channel"
    for side in sides:
        _show(side, sides[0])
    _signing_alone(owned.device, owned.rune)


def _sides(world: World, owned: BareNode, channels: Channels) -> list[Side]:
    access, own = own_node(world), Signed()
    plain = NodeAccess(_identity(access), None, "", CLN_NAME)
    signing = NodeAccess(_identity(access), owned.device, owned.rune, CLN_NAME)
    checked = NodeAccess(owned.identity, owned.device, owned.rune, "localhost")
    return [
        Side("not signed", Node(channels, access.uri, plain, TIMEOUT_S, own)),
        Side("signed", Node(channels, access.uri, signing, TIMEOUT_S, own)),
        Side("signed and checked", Node(channels, owned.uri, checked, TIMEOUT_S, own)),
    ]


def _identity(access: ClnAccess) -> Identity:
    return Identity(access.certificate.encode(), access.key.encode(), access.ca.encode())


async def _round(side: Side, *, counts: bool) -> None:
    """One call after the other."""
    started, cpu = time.perf_counter(), time.process_time()
    for _ in range(CALLS):
        answer = await side.node.getinfo()
        assert isinstance(answer, node_pb2.GetinfoResponse), answer
    if counts:
        side.taken.append((time.perf_counter() - started) / CALLS)
        side.cpu.append((time.process_time() - cpu) / CALLS)


def _show(side: Side, first: Side) -> None:
    taken = [one / other for one, other in zip(side.taken, first.taken, strict=True)]
    cpu = [one / other for one, other in zip(side.cpu, first.cpu, strict=True)]
    print(
        f"getinfo, {side.name:<18} {_spread(side.taken, 1e6)} us, x{_spread(taken, form='.2f')};   "
        f"CPU here {_spread(side.cpu, 1e6)} us, x{_spread(cpu, form='.2f')}"
    )


def _signing_alone(device: DeviceKey, rune: str) -> None:
    payload, rounds = node_pb2.GetinfoRequest().SerializeToString(), []
    for _ in range(ROUNDS):
        started = time.process_time()
        for number in range(SIGNED):
            sign_call(device, rune, payload, number)
        rounds.append((time.process_time() - started) / SIGNED)
    print(f"signing alone               {_spread(rounds, 1e6)} us of CPU a call")


def _spread(values: Sequence[float], scale: float = 1.0, form: str = ",.0f") -> str:
    low, middle, high = (f"{scale * value:{form}}" for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low} to {high})"
