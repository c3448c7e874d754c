"""Every step that notifier does, and what does it."""

from bus.workers.running import Handlers
from services.notifier.webhooks.handlers.change import Change
from services.notifier.webhooks.handlers.create import Create
from services.notifier.webhooks.handlers.desk import Desk
from services.notifier.webhooks.handlers.disable import Disable
from services.notifier.webhooks.handlers.ping import Ping
from services.notifier.webhooks.handlers.redeliver import Redeliver
from services.notifier.webhooks.handlers.remove import Remove
from services.notifier.webhooks.handlers.rotate import Rotate


def handlers(desk: Desk) -> Handlers:
    """Handlers by flow and step."""
    return {
        ("webhook.create", "create"): Create(desk),
        ("webhook.change", "change"): Change(desk),
        ("webhook.remove", "remove"): Remove(desk),
        ("webhook.rotate", "rotate"): Rotate(desk),
        ("webhook.ping", "ping"): Ping(desk),
        ("webhook.redeliver", "redeliver"): Redeliver(desk),
        ("webhook.disable", "disable"): Disable(desk),
    }
