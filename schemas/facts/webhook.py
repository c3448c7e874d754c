"""Facts of an owner's webhooks."""

from schemas.facts.life import Fact


class WebhookCreated(Fact, frozen=True, kw_only=True, tag="webhook-created"):
    """The webhook stands. Of its URL only `host` is told: the rest may hold a token."""

    webhook_id: str
    host: str
    revision: int


class WebhookChanged(Fact, frozen=True, kw_only=True, tag="webhook-changed"):
    """The webhook is as asked; `state` is `enabled` or `disabled`."""

    webhook_id: str
    host: str
    state: str
    revision: int


class WebhookRemoved(Fact, frozen=True, kw_only=True, tag="webhook-removed"):
    """The owner has no such webhook any more."""

    webhook_id: str
    revision: int


class WebhookRotated(Fact, frozen=True, kw_only=True, tag="webhook-rotated"):
    """Secret `secret_version` signs; until `previous_until` (unix seconds) the one before it signs as well."""

    webhook_id: str
    secret_version: int
    previous_until: float
    revision: int


class WebhookPinged(Fact, frozen=True, kw_only=True, tag="webhook-pinged"):
    """A test event was sent: the receiver's `status`, or the `error` that came instead. `accepted`: it was a 2xx."""

    webhook_id: str
    delivery_id: str
    accepted: bool
    status: int | None
    error: str | None


class WebhookRedelivered(Fact, frozen=True, kw_only=True, tag="webhook-redelivered"):
    """The delivery is on its way again."""

    webhook_id: str
    delivery_id: str


class WebhookDisabled(Fact, frozen=True, kw_only=True, tag="webhook-disabled"):
    """Nothing more is sent to the webhook until its owner enables it. `reason` is `failing` or `gone` (HTTP 410)."""

    webhook_id: str
    host: str
    reason: str
    failing_since: float
    revision: int
