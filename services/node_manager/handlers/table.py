"""Every step that node-manager does, and what does it."""

from bus.worker import Handlers
from services.node_manager.desk import Desk
from services.node_manager.handlers.make_offer import MakeOffer
from services.node_manager.handlers.narrow import NarrowRune
from services.node_manager.handlers.open import OpenSeed
from services.node_manager.handlers.ready import Ready
from services.node_manager.handlers.register import Register
from services.node_manager.handlers.retire_offer import RetireOffer
from services.node_manager.handlers.schedule import Schedule


def handlers(desk: Desk) -> Handlers:
    """Handlers by flow and step."""
    return {
        ("node.register", "open"): OpenSeed(desk),
        ("node.register", "register"): Register(desk),
        ("node.register", "schedule"): Schedule(desk),
        ("node.register", "narrow"): NarrowRune(desk),
        ("node.register", "ready"): Ready(desk),
        ("username.register", "offer"): MakeOffer(desk),
        ("username.rotate", "offer"): MakeOffer(desk),
        ("username.rotate", "retire"): RetireOffer(desk),
        ("username.release", "retire"): RetireOffer(desk),
    }
