"""Webhooks: what an owner has asked for, what each delivery has come to, what a receiver is sent, and their names.

A delivery is named by its webhook and the event, so that every attempt of it, redelivery included, carries the same
`webhook-id` and a receiver can tell a repetition (https://www.standardwebhooks.com). Times are unix seconds.
"""

import base64
import hashlib
import re
from typing import Literal, NewType

from schemas.base import Wire
from schemas.ids import OpId, Owner

WebhookId = NewType("WebhookId", str)
"""26 characters `[a-z2-7]`: the operation that made the webhook."""

DeliveryId = NewType("DeliveryId", str)
"""26 characters `[a-z2-7]`: one event for one webhook; the header `webhook-id` is `msg_<id>`."""

PING = "webhook.ping"
"""The type of a test event; it is sent to a disabled webhook too, and only once."""

OWN_EVENTS = "webhook."
"""Notifications about webhooks themselves are told on the sockets and never by webhook: no event begets another."""

MAX_WEBHOOKS = 20
MAX_PATTERNS = 16
MAX_DESCRIPTION = 200
OPERATIONS_REMEMBERED = 64
ATTEMPTS_KEPT = 16

_PATTERN = re.compile(r"\*|[a-z0-9-]{1,40}(\.[a-z0-9-]{1,40}){0,4}(\.\*)?")

State = Literal["enabled", "disabled"]
DisabledBy = Literal["owner", "failing", "gone"]
"""`failing`: nothing but failure for too long; `gone`: the receiver answered 410."""

DeliveryState = Literal["pending", "sending", "held", "delivered", "failed"]
"""`held`: its webhook is disabled; `sending`: an attempt is under way, of unknown outcome once `next_at` has passed."""


class Webhook(Wire, frozen=True, kw_only=True):
    """One webhook. Only events after NOTIFY sequence `after_seq` are sent to it.

    Secret `secret_version` signs; until `previous_until` the one before it signs as well. `failing_since`: no attempt
    has succeeded since.
    """

    id: WebhookId
    url: str
    events: tuple[str, ...]
    description: str
    created_at: float
    after_seq: int
    state: State = "enabled"
    disabled_by: DisabledBy | None = None
    disabled_at: float | None = None
    secret_version: int = 1
    previous_until: float | None = None
    failing_since: float | None = None

    def __repr__(self) -> str:
        return f"Webhook(id={self.id!r}, state={self.state!r})"  # the URL may hold a token


class Webhooks(Wire, frozen=True, kw_only=True):
    """Bucket `webhooks`, key `<owner>`; written by notifier: all of an owner's webhooks, changed by compare-and-set.

    `applied` are the newest operations that changed it: one that comes again changes nothing.
    """

    owner: Owner
    pubkey: str
    hooks: tuple[Webhook, ...] = ()
    applied: tuple[OpId, ...] = ()

    def hook(self, webhook_id: str) -> Webhook | None:
        """The webhook called `webhook_id`, if the owner has it."""
        return next((hook for hook in self.hooks if hook.id == webhook_id), None)


class Attempt(Wire, frozen=True, kw_only=True):
    """One attempt: begun at `at`, took `took_ms`; the receiver's `status`, or else the `error` that came instead."""

    at: float
    took_ms: int | None = None
    status: int | None = None
    error: str | None = None


class DeliveryRef(Wire, frozen=True, kw_only=True):
    """Which delivery. Body of its alarm too, where `due` is the instant the alarm was set for."""

    owner: Owner
    webhook_id: WebhookId
    id: DeliveryId
    due: float = 0

    @property
    def key(self) -> str:
        """Its key in the bucket `deliveries`."""
        return f"{self.owner}.{self.webhook_id}.{self.id}"


class Delivery(Wire, frozen=True, kw_only=True):
    """Bucket `deliveries`, key `<owner>.<webhook>.<id>`; written by notifier.

    `body` is what is sent, byte for byte, in every attempt. `tries` counts the attempts since it was made or last
    redelivered, `attempts` keeps the newest of all. `next_at` is when it is looked at again (None: never).
    """

    id: DeliveryId
    owner: Owner
    webhook_id: WebhookId
    type: str
    seq: int
    body: str
    created_at: float
    state: DeliveryState = "pending"
    next_at: float | None = None
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()
    reason: str | None = None
    redelivered_by: OpId | None = None

    @property
    def ref(self) -> DeliveryRef:
        """What names it."""
        return DeliveryRef(owner=self.owner, webhook_id=self.webhook_id, id=self.id)

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in ("delivered", "failed")


class WebhookEvent(Wire, frozen=True, kw_only=True):
    """What a receiver is sent: the notification as on the WebSocket. Order is not promised; `seq` rises."""

    id: str
    type: str
    seq: int
    operation: OpId
    at: str
    data: dict[str, object]
    code: str | None


# --- the secret, over the account without JetStream


class SecretWanted(Wire, frozen=True, kw_only=True):
    """Core request on `sec.webhook.secret`: the edge has proven that `owner` asks."""

    owner: Owner
    webhook_id: str


class SecretShown(Wire, frozen=True, kw_only=True, tag_field="type", tag="secret"):
    """The secret that signs now, as `whsec_<base64>`; until `previous_until` the one before it signs as well."""

    secret: str
    version: int
    previous_until: float | None

    def __repr__(self) -> str:
        return f"SecretShown(version={self.version})"


class SecretRefused(Wire, frozen=True, kw_only=True, tag_field="type", tag="refused"):
    """No secret: `code` is a problem code."""

    code: str


SecretReply = SecretShown | SecretRefused


def webhook_id_of(op: OpId) -> WebhookId:
    """The webhook that operation `op` makes."""
    return WebhookId(op)


def delivery_id_of(webhook_id: WebhookId, event_id: str) -> DeliveryId:
    """The delivery of the event `event_id` (a notification's id) to a webhook."""
    digest = hashlib.sha256(f"shopstr/delivery/{webhook_id}/{event_id}".encode()).digest()
    return DeliveryId(base64.b32encode(digest).decode().lower()[:26])


def message_id(delivery_id: DeliveryId) -> str:
    """The header `webhook-id`."""
    return f"msg_{delivery_id}"


def is_pattern(text: str) -> bool:
    """Whether `text` can select events: a type, the beginning of one and `.*`, or `*` alone."""
    return _PATTERN.fullmatch(text) is not None


def wants(patterns: tuple[str, ...], event_type: str) -> bool:
    """Whether one of `patterns` (none: everything) selects `event_type`."""
    return not patterns or any(_selects(pattern, event_type) for pattern in patterns)


def _selects(pattern: str, event_type: str) -> bool:
    return pattern in ("*", event_type) or (pattern.endswith(".*") and event_type.startswith(pattern[:-1]))
