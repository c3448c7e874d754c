"""How payers get to a node: by a blinded path that its offer has, or by its id, if the node is announced.

Core Lightning leaves the path out once its own node is announced: payers find it by `offer_issuer_id` in their gossip
then. So an offer without a path can be paid as long as its node is announced with an address, and is itself the issuer.
The evidence is the node_announcement that the node's own gossip holds (BOLT 7): an address that is configured may never
have been announced. Pure: what the node says in, the way to it out.
"""

from dataclasses import dataclass
from typing import assert_never

from proto import node_pb2
from schemas.bolt12 import Offer, decode_offer
from schemas.offers import Way


@dataclass(frozen=True, slots=True)
class Announced:
    """The node has told everybody of itself, with an address."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Nobody is told of the node, or not where it is."""


Publicity = Announced | Hidden


@dataclass(frozen=True, slots=True)
class Home:
    """Where offers are made: the node (66 hex), and what the world knows of it."""

    node_id: str
    publicity: Publicity

    def way_of(self, bolt12: str) -> Way | None:
        """How a payer of the offer `bolt12`, which this node made, gets here; None: not at all, or it is no offer."""
        offer = decode_offer(bolt12)
        if not isinstance(offer, Offer):
            return None
        if offer.paths:
            return "path"
        match self.publicity:
            case Announced():
                return "id" if offer.issuer_id == bytes.fromhex(self.node_id) else None
            case Hidden():
                return None
            case _ as never:
                assert_never(never)


def publicity(reply: node_pb2.ListnodesResponse, node_id: str) -> Publicity:
    """What the node's gossip says of the node `node_id` (66 hex). One of which only channels are known has no time."""
    for row in reply.nodes:
        if row.nodeid.hex() == node_id and row.HasField("last_timestamp") and row.addresses:
            return Announced()
    return Hidden()
