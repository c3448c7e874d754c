"""Webhooks and their deliveries as their owner sees them. Pure."""

from schemas.base import Wire, utc_text
from schemas.webhooks import Attempt, Delivery, Webhook, message_id


class WebhookView(Wire, frozen=True, kw_only=True):
    """One webhook. Times are RFC 3339 UTC; `disabledBy` is `owner`, `failing` or `gone`; `seq` is the record's."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    state: str
    disabled_by: str | None
    disabled_at: str | None
    failing_since: str | None
    created_at: str
    secret_version: int
    previous_secret_until: str | None
    seq: int

    def __repr__(self) -> str:
        return f"WebhookView(id={self.id!r})"  # the URL may hold a token


class AttemptView(Wire, frozen=True, kw_only=True):
    """One attempt: the receiver's status, or the error that came instead; neither: its outcome is unknown."""

    at: str
    took_ms: int | None
    status: int | None
    error: str | None


class DeliveryView(Wire, frozen=True, kw_only=True):
    """One delivery. `messageId` is the header `webhook-id`; `attempts` are the newest, oldest first."""

    id: str
    message_id: str
    type: str
    event_seq: int
    state: str
    reason: str | None
    created_at: str
    next_attempt_at: str | None
    attempts: tuple[AttemptView, ...]
    seq: int


def webhook_view(hook: Webhook, revision: int, now: float) -> WebhookView:
    """`hook` as its owner sees it."""
    overlap = hook.previous_until is not None and now < hook.previous_until
    return WebhookView(
        id=hook.id,
        url=hook.url,
        events=hook.events,
        description=hook.description,
        state=hook.state,
        disabled_by=hook.disabled_by,
        disabled_at=_text(hook.disabled_at),
        failing_since=_text(hook.failing_since),
        created_at=utc_text(hook.created_at),
        secret_version=hook.secret_version,
        previous_secret_until=_text(hook.previous_until if overlap else None),
        seq=revision,
    )


def delivery_view(delivery: Delivery, revision: int) -> DeliveryView:
    """`delivery` as its owner sees it."""
    return DeliveryView(
        id=delivery.id,
        message_id=message_id(delivery.id),
        type=delivery.type,
        event_seq=delivery.seq,
        state=delivery.state,
        reason=delivery.reason,
        created_at=utc_text(delivery.created_at),
        next_attempt_at=_text(delivery.next_at if delivery.state == "pending" else None),
        attempts=tuple(_attempt_view(attempt) for attempt in delivery.attempts),
        seq=revision,
    )


def _attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(at=utc_text(attempt.at), took_ms=attempt.took_ms, status=attempt.status, error=attempt.error)


def _text(at: float | None) -> str | None:
    return None if at is None else utc_text(at)
