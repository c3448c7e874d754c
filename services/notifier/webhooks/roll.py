"""An owner's webhooks as pure changes: each operation changes them once, however often it is applied."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from schemas.ids import OpId
from schemas.receivers import ReceiverProblem, receiver_of
from schemas.requests import WebhookChange, WebhookCreate
from schemas.webhooks import (
    MAX_DESCRIPTION,
    MAX_PATTERNS,
    MAX_WEBHOOKS,
    OPERATIONS_REMEMBERED,
    DisabledBy,
    Webhook,
    Webhooks,
    is_pattern,
    webhook_id_of,
)


@dataclass(frozen=True, slots=True)
class No:
    """The change is refused: `code` is a problem code."""

    code: str
    detail: str = ""


Changed = Webhooks | No


def create(roll: Webhooks, request: WebhookCreate, now: float, after_seq: int, *, allow_private: bool) -> Changed:
    """`roll` with the webhook that `request` asks for."""
    wrong = wrong_with(request.url, request.events, request.description, allow_private=allow_private)
    if wrong:
        return wrong
    if len(roll.hooks) >= MAX_WEBHOOKS:
        return No("webhook-limit", f"at most {MAX_WEBHOOKS}")
    hook = Webhook(
        id=webhook_id_of(request.op),
        url=request.url,
        events=request.events,
        description=request.description,
        created_at=now,
        after_seq=after_seq,
    )
    return replace(roll, hooks=(*roll.hooks, hook))


def change(roll: Webhooks, request: WebhookChange, now: float, *, allow_private: bool) -> Changed:
    """`roll` with what `request` gives changed."""

    def changed(hook: Webhook) -> Webhook:
        hook = replace(
            hook,
            url=hook.url if request.url is None else request.url,
            events=hook.events if request.events is None else request.events,
            description=hook.description if request.description is None else request.description,
        )
        match request.enabled:
            case True:
                return replace(hook, state="enabled", disabled_by=None, disabled_at=None, failing_since=None)
            case False if hook.state == "enabled":
                return _disabled(hook, "owner", now)
            case _:
                return hook

    wrong = wrong_with(request.url, request.events or (), request.description or "", allow_private=allow_private)
    return wrong or _with(roll, request.webhook_id, changed)


def remove(roll: Webhooks, webhook_id: str) -> Changed:
    """`roll` without the webhook."""
    if roll.hook(webhook_id) is None:
        return No("webhook-unknown")
    return replace(roll, hooks=tuple(hook for hook in roll.hooks if hook.id != webhook_id))


def rotate(roll: Webhooks, webhook_id: str, now: float, overlap_s: float) -> Changed:
    """`roll` with the webhook's next secret signing, and the one before it until `overlap_s` from now."""

    def rotated(hook: Webhook) -> Webhook:
        return replace(hook, secret_version=hook.secret_version + 1, previous_until=now + overlap_s)

    return _with(roll, webhook_id, rotated)


def disable(roll: Webhooks, webhook_id: str, why: DisabledBy, now: float) -> Changed:
    """`roll` with the webhook disabled."""
    return _with(roll, webhook_id, lambda hook: hook if hook.state == "disabled" else _disabled(hook, why, now))


def attempted(roll: Webhooks, webhook_id: str, now: float, *, success: bool) -> Changed:
    """`roll` after an attempt: since when the webhook has done nothing but fail."""

    def noted(hook: Webhook) -> Webhook:
        since = None if success else hook.failing_since or now
        return hook if since == hook.failing_since else replace(hook, failing_since=since)

    return _with(roll, webhook_id, noted)


def once(roll: Webhooks, op: OpId, changed: Changed) -> Changed:
    """`changed`, which operation `op` made of `roll`, with a note of it; `roll` itself if that was done before."""
    if op in roll.applied:
        return roll
    if isinstance(changed, No):
        return changed
    return replace(changed, applied=(*changed.applied, op)[-OPERATIONS_REMEMBERED:])


def wrong_with(url: str | None, events: tuple[str, ...], description: str, *, allow_private: bool) -> No | None:
    """The rule that a webhook would break, or None. Whoever asked, the rules are checked again where it is written."""
    problem = None if url is None else receiver_of(url, allow_private=allow_private)
    if isinstance(problem, ReceiverProblem):
        return No(problem.code, problem.detail)
    if len(events) > MAX_PATTERNS or not all(is_pattern(pattern) for pattern in events):
        return No("webhook-events-invalid", f"at most {MAX_PATTERNS} of a type, `beginning.*` or `*`")
    if len(description) > MAX_DESCRIPTION:
        return No("invalid-body", f"the description is longer than {MAX_DESCRIPTION} characters")
    return None


def _with(roll: Webhooks, webhook_id: str, changed: Callable[[Webhook], Webhook]) -> Changed:
    if roll.hook(webhook_id) is None:
        return No("webhook-unknown")
    return replace(roll, hooks=tuple(changed(hook) if hook.id == webhook_id else hook for hook in roll.hooks))


def _disabled(hook: Webhook, why: DisabledBy, now: float) -> Webhook:
    return replace(hook, state="disabled", disabled_by=why, disabled_at=now)
