"""What registrations must have left behind, exactly, whatever happened meanwhile; and a phone that does not give up."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar, cast

import httpx

from schemas.flows import FLOWS, FlowName
from schemas.frames import Msg
from services.mesh.device.owner import Owner, Refused
from tests.harness import Json, Mesh

T = TypeVar("T")
PATIENCE_S = 300.0
"""As long as a whole storm."""

NEWS = frozenset({"node.lag", "node.turn", "payment.receive", "payment.watch", "username.health"})
"""Flows by which the mesh tells of its own accord how a node or a name is, and what a node was paid."""
NOTES = frozenset(f"{flow.name}.{note}" for flow in FLOWS.values() for note in flow.notes)


async def ready_node(mesh: Mesh, owner: Owner, met: Counter[str] | None = None) -> Json:
    """The finished operation of the owner's node: a phone sends its seed again whenever the mesh says it was lost."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        operation = await insist(lambda: owner.register_node("node"), met)
        with contextlib.suppress(AssertionError):
            node = await mesh.reaches(owner, operation, {"succeeded", "failed", "waiting"}, within_s=30)
            if node["state"] == "succeeded":
                return node
            assert node["state"] == "waiting", node
    raise AssertionError("the node never became ready")


async def insist(call: Callable[[], Awaitable[T]], met: Counter[str] | None = None) -> T:
    """What `call` gives, again and again while trying again can help; `met` counts what it was told instead."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await call()
        except (Refused, httpx.HTTPError, IndexError) as error:
            if met is not None:
                met[error.code if isinstance(error, Refused) else type(error).__name__] += 1
            if time.monotonic() > deadline or (isinstance(error, Refused) and not error.retryable):
                raise
            await asyncio.sleep(0.3)


def facts_are_exact(operation: Json, flow: FlowName) -> None:
    """It succeeded, and each step happened once and in order."""
    steps = FLOWS[flow]
    moved = [str(fact["fact"]) for fact in moving(operation)]
    assert operation["state"] == "succeeded", operation
    assert moved == ["requested", *(step.done for step in steps.steps)]


def told_exactly(messages: Iterable[Msg], *operations: Json) -> None:
    """Everything that happened was told once, in order within each operation and from one to the next.

    News that nobody asked for comes when it comes, each piece once.
    """
    facts = [(str(op["id"]), f"{op['flow']}.{fact['fact']}") for op in operations for fact in moving(op)]
    told = [(message.operation, message.type) for message in messages if message.type not in NOTES]
    news = [piece for piece in told if piece[1].rpartition(".")[0] in NEWS]
    assert [piece for piece in told if piece not in news] == facts
    assert len(set(news)) == len(news), news


def moving(operation: Json) -> list[Json]:
    """The facts of an operation that move it on: all but notes."""
    return [
        fact for fact in cast("list[Json]", operation["facts"]) if f"{operation['flow']}.{fact['fact']}" not in NOTES
    ]


async def records_are_exact(mesh: Mesh, names: list[Json]) -> None:
    """One TXT record and one active offer a name, no more anywhere, and no dead letter."""
    state = await mesh.control("/control/state")
    nodes = dict(cast("dict[str, dict[str, Json]]", state["greenlight"])["nodes"])
    nodes.pop(mesh.stack.world.cln_node_id, None)  # somebody's own Core Lightning, which nobody has brought to us
    for node_id, node in nodes.items():
        active = [offer for offer in cast("list[Json]", node["offers"]) if offer["active"]]
        assert len(active) == 1, f"{node_id}: {active}"
    assert len(nodes) == len(names)
    dns = cast("dict[str, dict[str, list[str]]]", state["dns"])
    published = {text for held in dns["txt"].values() for text in held if text.startswith("bitcoin:")}
    count = sum(len([t for t in held if t.startswith("bitcoin:")]) for held in dns["txt"].values())
    assert published == {str(cast("Json", name["result"])["uri"]) for name in names}
    assert count == len(names)


async def nothing_was_given_up(mesh: Mesh) -> None:
    """There is no dead letter."""
    async with mesh.bus() as bus:
        assert (await bus.js.stream_info("DLQ")).state.messages == 0
