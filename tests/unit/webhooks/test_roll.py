"""An owner's webhooks: each operation applies once, limits and rules hold whoever asks, secrets rotate with overlap."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier

from schemas.ids import OpId, Owner
from schemas.requests import WebhookChange, WebhookCreate
from schemas.webhooks import (
    MAX_PATTERNS,
    MAX_WEBHOOKS,
    OPERATIONS_REMEMBERED,
    DeliveryId,
    WebhookId,
    Webhooks,
    delivery_id_of,
    is_pattern,
    wants,
)
from services.notifier.webhooks import roll as rolls
from services.notifier.webhooks.roll import Changed, No, once
from services.notifier.webhooks.secrets import Secrets
from services.notifier.webhooks.signing import signed_headers

NOW = 1_800_000_000.0
OWNER = Owner("o" * 26)
NOTHING = Webhooks(owner=OWNER, pubkey="aa" * 32)
MASTER = bytes(range(32))
_COMMON = {"owner": OWNER, "pubkey": "aa" * 32, "body_sha256": "", "asked_at": ""}


def op(number: int) -> OpId:
    return OpId(f"{number:026d}".translate(str.maketrans("0189", "abcd")))


def creating(number: int = 1, **fields: object) -> WebhookCreate:
    asked: dict[str, object] = {**_COMMON, "op": op(number), "url": "https://shop.example/hook", **fields}
    return WebhookCreate(**asked)  # type: ignore[arg-type]  # each is of its field's type


def create(roll: Webhooks, request: WebhookCreate) -> Changed:
    return rolls.create(roll, request, NOW, 7, allow_private=False)


def with_one() -> Webhooks:
    roll = create(NOTHING, creating())
    assert isinstance(roll, Webhooks)
    return roll


def changed(roll: Webhooks, **fields: object) -> Changed:
    asked: dict[str, object] = {**_COMMON, "op": op(99), "webhook_id": roll.hooks[0].id, **fields}
    return rolls.change(roll, WebhookChange(**asked), NOW + 5, allow_private=False)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"url": "http://shop.example/"}, "webhook-url-refused"),
        ({"url": "https://127.0.0.1/"}, "webhook-url-refused"),
        ({"url": "nonsense"}, "webhook-url-invalid"),
        ({"events": ("a..b",)}, "webhook-events-invalid"),
        ({"events": ("a",) * (MAX_PATTERNS + 1)}, "webhook-events-invalid"),
        ({"description": "x" * 201}, "invalid-body"),
    ],
)
def test_the_rules_hold_for_what_came_over_the_bus_too(fields: dict[str, object], code: str) -> None:
    refused = create(NOTHING, creating(1, **fields))
    assert isinstance(refused, No)
    assert refused.code == code
    again = changed(with_one(), **fields)
    assert isinstance(again, No)
    assert again.code == code


def test_there_is_a_limit() -> None:
    roll: Changed = NOTHING
    for number in range(MAX_WEBHOOKS):
        assert isinstance(roll, Webhooks)
        roll = create(roll, creating(number))
    assert isinstance(roll, Webhooks)
    full = create(roll, creating(MAX_WEBHOOKS))
    assert isinstance(full, No)
    assert full.code == "webhook-limit"


def test_what_is_not_given_stays() -> None:
    roll = changed(with_one(), description="new")
    assert isinstance(roll, Webhooks)
    before, after = with_one().hooks[0], roll.hooks[0]
    assert (after.url, after.events, after.description, after.state) == (before.url, (), "new", "enabled")


def test_disabling_and_enabling() -> None:
    failing = rolls.attempted(with_one(), with_one().hooks[0].id, NOW, success=False)
    assert isinstance(failing, Webhooks)
    assert failing.hooks[0].failing_since == NOW
    later = rolls.attempted(failing, failing.hooks[0].id, NOW + 9, success=False)
    assert later == failing
    healed = rolls.attempted(failing, failing.hooks[0].id, NOW + 9, success=True)
    assert healed == with_one()
    off = rolls.disable(failing, failing.hooks[0].id, "failing", NOW + 10)
    assert isinstance(off, Webhooks)
    assert rolls.disable(off, off.hooks[0].id, "gone", NOW + 11) == off
    assert changed(off, enabled=False) == off
    assert changed(off, enabled=True) == with_one()


@pytest.mark.parametrize(
    "change",
    [
        lambda roll: rolls.remove(roll, "x"),
        lambda roll: rolls.rotate(roll, "x", NOW, 1),
        lambda roll: rolls.disable(roll, "x", "gone", NOW),
        lambda roll: rolls.attempted(roll, "x", NOW, success=True),
    ],
)
def test_what_is_not_there_is_unknown(change: Callable[[Webhooks], Changed]) -> None:
    assert change(with_one()) == No("webhook-unknown")


@given(st.lists(st.integers(0, 9), max_size=40))
def test_an_operation_that_comes_again_changes_nothing(coming: list[int]) -> None:
    roll, seen = with_one(), set[int]()
    for number in coming:
        after = once(roll, op(number), rolls.rotate(roll, roll.hooks[0].id, NOW, 60))
        assert isinstance(after, Webhooks)
        assert (after == roll) == (number in seen)
        roll = after
        seen.add(number)
    assert roll.hooks[0].secret_version == 1 + len(seen)
    assert len(roll.applied) <= OPERATIONS_REMEMBERED


@pytest.mark.parametrize(
    ("patterns", "event", "wanted"),
    [
        ((), "username.register.activated", True),
        (("*",), "node.register.ready", True),
        (("username.*",), "username.register.activated", True),
        (("username.*",), "usernames.register.activated", False),
        (("username.register",), "username.register.activated", False),
        (("username.register.*",), "username.register.activated", True),
        (("username.register.activated",), "username.register.activated", True),
        (("node.*", "username.register.failed"), "username.register.failed", True),
        (("node.*",), "node", False),
    ],
)
def test_patterns_select(patterns: tuple[str, ...], event: str, wanted: bool) -> None:
    assert all(is_pattern(pattern) for pattern in patterns)
    assert wants(patterns, event) is wanted


@pytest.mark.parametrize("text", ["", ".", "*.a", "a.*.b", "a..b", "A", "a.", ".*", "a*", "**", "a.b.c.d.e.f.g", "a\n"])
def test_what_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)


def test_secrets_differ_by_owner_webhook_version_and_key_and_never_show() -> None:
    secrets, other = Secrets(MASTER), Secrets(bytes(32))
    one = [secrets.of(OWNER, "w", 1), secrets.of(OWNER, "w", 2), secrets.of(OWNER, "v", 1)]
    all_of_them = [*one, secrets.of(Owner("p" * 26), "w", 1), other.of(OWNER, "w", 1)]
    assert len(set(all_of_them)) == 5
    assert secrets.of(OWNER, "w", 1) == one[0]
    assert all(len(base64.b64decode(text.removeprefix("whsec_"))) == 32 for text in all_of_them)
    assert "confidential" in repr(secrets)


def test_both_secrets_sign_until_the_overlap_ends() -> None:
    secrets, hook = Secrets(MASTER), with_one().hooks[0]
    rotated = rolls.rotate(with_one(), hook.id, NOW, 60)
    assert isinstance(rotated, Webhooks)
    old, new = secrets.of(OWNER, hook.id, 1), secrets.of(OWNER, hook.id, 2)
    assert secrets.signing(OWNER, hook, NOW) == (old,)
    assert secrets.signing(OWNER, rotated.hooks[0], NOW + 59) == (new, old)
    assert secrets.signing(OWNER, rotated.hooks[0], NOW + 60) == (new,)


@given(st.text(max_size=200))
def test_the_signature_is_what_the_standard_says_over_the_exact_bytes(body: str) -> None:
    body = body.encode("utf-8", "replace").decode()
    at, secrets = time.time(), (Secrets(MASTER).of(OWNER, "w", 2), Secrets(MASTER).of(OWNER, "w", 1))
    headers = signed_headers(secrets, DeliveryId("d" * 26), at, body)
    given_ = headers["webhook-signature"].split(" ")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    for secret, signature in zip(secrets, given_, strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        assert signature == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        Verifier(secret).verify(body, headers, json_parse=False)
    assert headers["webhook-timestamp"] == str(int(at))


def test_a_delivery_is_named_by_its_webhook_and_its_event() -> None:
    names = {delivery_id_of(WebhookId(hook), event) for hook in ("a", "b") for event in ("x:1", "x:2")}
    assert len(names) == 4
    assert delivery_id_of(WebhookId("a"), "x:1") in names
