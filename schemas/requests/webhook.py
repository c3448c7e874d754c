"""What is asked about a webhook."""

from typing import Literal

from schemas.requests.asked import Request


class WebhookCreate(Request, frozen=True, kw_only=True, tag="webhook.create.v1"):
    """Send the owner's notifications that match `events` (none: all) to `url`."""

    url: str
    events: tuple[str, ...] = ()
    description: str = ""

    def __repr__(self) -> str:
        return f"WebhookCreate(op={self.op!r})"  # the URL may hold a token


class WebhookChange(Request, frozen=True, kw_only=True, tag="webhook.change.v1"):
    """Change what is given; `enabled` switches it on (and forgives its failures) or off."""

    webhook_id: str
    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    enabled: bool | None = None

    def __repr__(self) -> str:
        return f"WebhookChange(op={self.op!r}, webhook_id={self.webhook_id!r})"


class WebhookRemove(Request, frozen=True, kw_only=True, tag="webhook.remove.v1"):
    """Forget the webhook; what is still pending for it is given up."""

    webhook_id: str


class WebhookRotate(Request, frozen=True, kw_only=True, tag="webhook.rotate.v1"):
    """Sign with a new secret; for a while the old one signs as well."""

    webhook_id: str


class WebhookPing(Request, frozen=True, kw_only=True, tag="webhook.ping.v1"):
    """Send a test event, once, and say what the receiver answered."""

    webhook_id: str


class WebhookRedeliver(Request, frozen=True, kw_only=True, tag="webhook.redeliver.v1"):
    """Send a delivery again, from the first retry on, whatever it had come to."""

    webhook_id: str
    delivery_id: str


class WebhookDisable(Request, frozen=True, kw_only=True, tag="webhook.disable.v1"):
    """Stop sending to a webhook that only fails; notifier asks this of itself. `failing_since` is unix seconds."""

    webhook_id: str
    reason: Literal["failing", "gone"]
    failing_since: float
