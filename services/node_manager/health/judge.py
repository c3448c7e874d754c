"""What is known of a node says of its signer, and of the offer that a name pays. Pure.

Whether a signer is there is known from the node's readiness (`lifecycle`), which was seen twice before it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from schemas.health import FINE, Reading
from schemas.nodes import SignerState
from schemas.records import NodeView
from services.node_manager.greenlight.errors import CallProblem, Refused
from services.node_manager.offers.home import Home


@dataclass(frozen=True, slots=True)
class Active:
    """The texts of a node's active offers, and where they are paid."""

    offers: frozenset[str]
    home: Home


Offers = Active | Reading
"""A node's active offers, or why they are not known."""

NO_SUCH_NODE = Reading(state="down", reason="node-unknown")
ASLEEP = Reading(state="unknown", reason="node-asleep")
_SIGNERS: Mapping[SignerState, Reading] = {
    "attached": FINE,
    "detached": Reading(state="down", reason="signer-detached", detail="no peer is connected"),
    "unknown": Reading(state="unknown", reason="no-peer"),
}


def is_asleep(view: NodeView) -> bool:
    """Whether the node does not run, or not yet so that it answers."""
    return view.state in ("registered", "scheduled")


def signer_of(view: NodeView | None) -> Reading:
    """The reading of `signer`."""
    if view is None:
        return NO_SUCH_NODE
    return ASLEEP if is_asleep(view) else _SIGNERS[view.signer]


def unheard(problem: CallProblem) -> Reading:
    """What a call that failed says."""
    detail = str(problem) if isinstance(problem, Refused) else problem.status
    return Reading(state="unknown", reason="node-unreachable", detail=detail)


def offer_of(known: Offers, offer: str, expires_at: int | None, last_moment_s: float, now: float) -> Reading:
    """How `offer` is at `now` (unix seconds); within `last_moment_s` of its expiry its record has to go."""
    if expires_at is not None and now >= expires_at:
        return Reading(state="down", reason="offer-expired")
    match known:
        case Reading():
            return known
        case Active(offers, home):
            if offer not in offers:
                return Reading(state="down", reason="offer-disabled")
            if home.way_of(offer) is None:
                return Reading(state="down", reason="node-unannounced")
            if expires_at is not None and now >= expires_at - last_moment_s:
                return Reading(state="degraded", reason="offer-expiring")
            return FINE
        case _ as never:
            assert_never(never)
