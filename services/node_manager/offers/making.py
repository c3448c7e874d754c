"""Makes one offer on a node, which payers can get to: or says why there is none.

Without a path a node makes the same offer whenever it is asked for the same, and answers with the one that is there,
whoever it was made for; if that is disabled, with an error. Two would be paid as one. So on a node that is announced an
offer without an end of its own gets one, and one that has to be as another is refused.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from proto import node_pb2
from schemas.offers import Way
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Node
from services.node_manager.offers.home import Announced, Hidden, Home
from services.node_manager.offers.offering import Listed, ours
from services.node_manager.offers.wanted import Wanted, offer_request, told_apart

CLN_EXISTS_INACTIVE: Final = 1000
"""Core Lightning: the same offer exists but is disabled. Only a path-less offer is ever made twice the same."""
CLN_GONE: Final = frozenset({-1, 1001})
"""Core Lightning: unknown offer, already disabled. Either way it is not active."""
CLN_ENABLED_ALREADY: Final = 1006
TURNS: Final = 4
"""How many ends are tried; two offers have the same by chance once in 200 million."""


@dataclass(frozen=True, slots=True)
class Made:
    """It is there, and active; payers get to it by `way`."""

    offer: Listed
    way: Way


@dataclass(frozen=True, slots=True)
class Unpayable:
    """The node can only make one that nobody could pay; it is disabled."""


@dataclass(frozen=True, slots=True)
class Alike:
    """The node has an offer that says exactly the same, and was made for something else."""


async def make(node: Node, want: Wanted, home: Home) -> Made | Unpayable | Alike | CallProblem:
    """The offer that is wanted, made now. To be called while nobody else makes one there, and none is listed."""
    match home.publicity:
        case Hidden():
            return await _once(node, want, home)
        case Announced():
            for turn in range(TURNS):
                asked = told_apart(want, turn)
                made = await _once(node, asked, home)
                if not isinstance(made, Alike) or asked == want:
                    return made
            return Alike()
        case _ as never:
            assert_never(never)


async def _once(node: Node, want: Wanted, home: Home) -> Made | Unpayable | Alike | CallProblem:
    reply = await node.offer(offer_request(want))
    if isinstance(reply, Refused) and reply.cln_code == CLN_EXISTS_INACTIVE:
        return await _again(node, want, home)
    if not isinstance(reply, node_pb2.OfferResponse):
        return reply
    way = home.way_of(reply.bolt12)
    if reply.label != want.label:
        return Unpayable() if way is None else Alike()
    if way is None:
        return await disable_all(node, (reply.offer_id,)) or Unpayable()
    return Made(Listed(reply.offer_id, reply.bolt12, want.label, reply.single_use), way)


async def _again(node: Node, want: Wanted, home: Home) -> Made | Unpayable | Alike | CallProblem:
    """The disabled offer that stands in the way, enabled if it is ours: made while the node was not announced yet."""
    if isinstance(home.publicity, Hidden):
        return Unpayable()
    listed = await node.every_offer()
    if not isinstance(listed, node_pb2.ListoffersResponse):
        return listed
    found = next((offer for offer in ours(rows_of(listed), want.op) if home.way_of(offer.bolt12) == "id"), None)
    if found is None:
        return Alike()
    enabled = await node.enable_offer(found.offer_id)
    if isinstance(enabled, Unreachable | Unclear | Refused) and not _is_enabled(enabled):
        return enabled
    return Made(found, "id")


def _is_enabled(problem: CallProblem) -> bool:
    return isinstance(problem, Refused) and problem.cln_code == CLN_ENABLED_ALREADY


def rows_of(reply: node_pb2.ListoffersResponse, *, active: bool = False) -> tuple[Listed, ...]:
    """The offers in `reply`; `active`: those alone that are."""
    return tuple(
        Listed(row.offer_id, row.bolt12, row.label, row.single_use) for row in reply.offers if row.active or not active
    )


async def list_offers(node: Node) -> tuple[Listed, ...] | CallProblem:
    """The node's active offers."""
    reply = await node.list_offers()
    return rows_of(reply, active=True) if isinstance(reply, node_pb2.ListoffersResponse) else reply


async def disable_all(node: Node, offer_ids: tuple[bytes, ...]) -> CallProblem | None:
    """Disable each offer; None once none is active, whoever disabled it."""
    for offer_id in offer_ids:
        reply = await node.disable_offer(offer_id)
        if isinstance(reply, Refused) and reply.cln_code in CLN_GONE:
            continue
        if isinstance(reply, Unreachable | Unclear | Refused):
            return reply
    return None
