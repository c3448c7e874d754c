"""What the control interface shows of a node, as plain data with camelCase keys."""

from typing import Final

from schemas.bolt12 import Offer, decode_offer
from services.sandbox.greenlight.money.control import node_money
from services.sandbox.greenlight.node import SandboxNode
from services.sandbox.greenlight.scheduler import Fleet
from services.sandbox.greenlight.store import StoredNode, StoredOffer

_STOPPED: Final[dict[str, object]] = {
    "uri": "",
    "signers": 0,
    "listeners": 0,
    "peerConnected": False,
    "waitsForSigner": False,
    "refused": {},
}


def node_state(stored: StoredNode, fleet: Fleet) -> dict[str, object]:
    """The node, running or not."""
    running = fleet.nodes.get(stored.node_id)
    return {
        "network": stored.network,
        "sessions": stored.sessions,
        "announced": stored.announced,
        **node_money(fleet.around.till.ledger, stored.node_id),
        "hooks": [hook.uri for hook in stored.hooks],
        "devices": [{"name": device.name, "how": device.how} for device in stored.devices],
        "offers": [_offer_state(offer) for offer in stored.offers],
        **(_running_state(running) if running else _STOPPED),
    }


def _running_state(node: SandboxNode) -> dict[str, object]:
    return {
        "uri": node.uri,
        "signers": node.inside.hsm.attached,
        "listeners": node.inside.income.listeners,
        "peerConnected": node.inside.peer.connected,
        "waitsForSigner": node.inside.hsm.frozen,
        "refused": dict(node.inside.refused),
    }


def _offer_state(offer: StoredOffer) -> dict[str, object]:
    decoded = decode_offer(offer.bolt12)
    return {
        "offerId": offer.offer_id,
        "offer": offer.bolt12,
        "label": offer.label,
        "active": offer.active,
        "singleUse": offer.single_use,
        "hasPath": isinstance(decoded, Offer) and bool(decoded.paths),
    }
