"""Every step that offer-builder does, and what does it."""

from bus.worker import Handlers
from services.offer_builder.desk import Desk
from services.offer_builder.handlers.activate import Activate
from services.offer_builder.handlers.begin import Begin
from services.offer_builder.handlers.compose import Compose
from services.offer_builder.handlers.quarantine import Quarantine
from services.offer_builder.handlers.reserve import Reserve
from services.offer_builder.handlers.switch import Switch
from services.offer_builder.handlers.unused import Unused


def handlers(desk: Desk) -> Handlers:
    """Handlers by flow and step."""
    return {
        ("node.delete", "unused"): Unused(desk),
        ("username.register", "reserve"): Reserve(desk),
        ("username.register", "compose"): Compose(desk),
        ("username.register", "activate"): Activate(desk),
        ("username.rotate", "begin"): Begin(desk, "active"),
        ("username.rotate", "compose"): Compose(desk),
        ("username.rotate", "switch"): Switch(desk),
        ("username.release", "begin"): Begin(desk, "releasing"),
        ("username.release", "quarantine"): Quarantine(desk),
    }
