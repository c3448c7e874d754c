"""Getting to a node that an owner registered: its record, its address, a signed client. Shared by several steps."""

from dataclasses import dataclass
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.outcomes import Fail, Wait
from proto import node_pb2
from schemas.flows import Step
from services.node_manager.desk import Desk, identity_of
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Node
from services.node_manager.greenlight.scheduler import Booting, Running
from services.node_manager.handlers.scheduler_trouble import scheduler_trouble
from services.node_manager.keep.book import Page
from services.node_manager.lifecycle.starting import started
from services.node_manager.offers.home import Hidden, Home, publicity
from services.node_manager.patience import wait_or_fail


@dataclass(frozen=True, slots=True)
class Reached:
    """A node with an address; whether it answers there is another question."""

    node: Node
    page: Page


async def page_of(desk: Desk, op: Operation, node_id: str) -> Page | Fail:
    """The record of the node, if it is the owner's. Clean: nothing was done yet."""
    page = await desk.book.read(op.ref.owner, node_id)
    if page is None:
        return Fail("node-unknown", "the owner has no such node", clean=True)
    return page


async def reach(desk: Desk, op: Operation, step: Step, node_id: str) -> Reached | Wait | Fail:
    """The owner's node, started if it was not running, and watched from now on: what uses it may have started it."""
    found = await locate(desk, op, step, node_id)
    if isinstance(found, Reached):
        await desk.touch(op.ref.owner, node_id)
    return found


async def locate(desk: Desk, op: Operation, step: Step, node_id: str) -> Reached | Wait | Fail:
    """`reach` for a node that is not ours yet, and not watched; its address is asked for each time, for it changes."""
    page = await page_of(desk, op, node_id)
    if isinstance(page, Fail):
        return page
    place = await (
        desk.look(node_id, page.credentials)
        if page.credentials.is_self_hosted
        else started(desk.bus, desk.scheduler, node_id, identity_of(page.credentials))
    )
    match place:
        case Running(uri):
            return Reached(desk.node(uri, page.credentials), page)
        case Booting():
            return booting(desk, op, step, "the node is not up yet")
        case Unclear("DEADLINE_EXCEEDED"):
            return booting(desk, op, step, "the scheduler is still starting the node")
        case Unreachable() | Unclear() | Refused():
            return scheduler_trouble(desk, op, step, place, refused="node-error")
        case other:
            assert_never(other)


def booting(desk: Desk, op: Operation, step: Step, reason: str) -> Wait | Fail:
    """Wait for a node that does not answer yet."""
    return wait_or_fail(op, step, desk.clock(), reason=reason, code="node-boot-timeout")


def node_trouble(desk: Desk, op: Operation, step: Step, problem: CallProblem) -> Wait | Fail:
    """What a failed call to a node means for a step."""
    match problem:
        case Unreachable() | Unclear():
            return booting(desk, op, step, f"the node does not answer ({problem.status})")
        case Refused():
            return Fail("node-error", f"the node said no ({problem})")
        case other:
            assert_never(other)


async def home_of(node: Node, page: Page) -> Home | CallProblem:
    """Where offers on `node`, whose record is on `page`, are paid. What is not known is a problem, never `Announced`.

    Greenlight's nodes are never announced, and are not asked.
    """
    node_id = page.record.node_id
    if not page.credentials.is_self_hosted:
        return Home(node_id, Hidden())
    reply = await node.list_node(bytes.fromhex(node_id))
    return Home(node_id, publicity(reply, node_id)) if isinstance(reply, node_pb2.ListnodesResponse) else reply
