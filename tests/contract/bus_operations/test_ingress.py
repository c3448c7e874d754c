"""The door: what is malformed or disagrees with itself is answered, never half-believed, and no dead letter."""

import asyncio
import hashlib
import time
from collections.abc import Callable

import msgspec
import pytest
from nats.aio.msg import Msg

from bus import backoff
from bus.client.publish import publish
from bus.operations import ledger
from bus.requests import ingress
from bus.requests.admission import TurnedAway
from bus.requests.refusal import Asked, refuse
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.ids import OpId, Owner, op_of, owner_of
from schemas.refused import RequestRefused
from schemas.requests import UsernameRegister

from .conftest import Place
from .toy import cancel, request, until

ASKED = request(1)
OTHER = OpId("b" * 26)
SUBJECT = subjects.request("username", "register", ASKED.op)


def changed(**fields: str) -> bytes:
    """The request, asked now, with other values in some fields."""
    return encode(msgspec.structs.replace(request(1), **fields))


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "no JSON": (SUBJECT, lambda: b"\xff\x00 not json", "malformed-json"),
    "empty": (SUBJECT, lambda: b"", "malformed-json"),
    "unknown type": (SUBJECT, lambda: b'{"type":"username.burn.v1"}', "invalid-body"),
    "a field is missing": (SUBJECT, lambda: b'{"type":"username.register.v1"}', "invalid-body"),
    "another operation": (
        subjects.request("username", "register", OTHER),
        lambda: encode(request(1)),
        "request-mismatch",
    ),
    "another noun": (subjects.request("node", "register", ASKED.op), lambda: encode(request(1)), "request-mismatch"),
    "an owner with dots": (SUBJECT, lambda: changed(owner=Owner("a.b.*.>")), "invalid-body"),
    "another's owner token": (SUBJECT, lambda: changed(owner=owner_of("cd" * 32)), "owner-mismatch"),
    "a public key that is none": (SUBJECT, lambda: changed(pubkey="zz"), "invalid-body"),
    "a node that is none": (SUBJECT, lambda: changed(node_id="*"), "invalid-body"),
    "an old request": (SUBJECT, lambda: changed(asked_at=utc_text(time.time() - 3600)), "request-stale"),
    "a cancel that says register": (SUBJECT, lambda: encode(cancel(ASKED)), "request-mismatch"),
}
"""By the case: where it is asked, what, made when it is asked, and why it is refused."""


@pytest.mark.parametrize("case", REFUSED)
async def test_refused_aloud(place: Place, case: str) -> None:
    """Whoever follows the operation hears it, whoever looks later reads it, and nothing lies in the dead letters."""
    await place.start()
    subject, made, code = REFUSED[case]
    body, token, heard = made(), subject.rpartition(".")[2], []

    async def hear(message: Msg) -> None:
        heard.append((message.subject, msgspec.json.decode(message.data, type=RequestRefused)))

    follower = await place.bus("shopstr")
    await follower.nc.subscribe(subjects.fact_news(OpId(token)), cb=hear)
    await follower.flush()
    await publish(place.edge, subject, body)
    refused = await place.refused(token)
    assert (refused.code, refused.op, refused.seq) == (code, token, 1)
    assert refused.sha256 == hashlib.sha256(body).hexdigest()
    await until(lambda: heard)
    assert heard == [(f"op.{token}.refused", refused)]
    assert await place.names(ASKED) == []
    good = request(2)
    await place.ask(good)
    await place.ended(good)
    assert await place.dead_letters() == []


async def test_a_cancel_for_an_operation_of_another_noun(place: Place) -> None:
    place.world.plant("held", "reserve", ASKED.op)
    await place.start()
    await place.ask(ASKED)
    await until(lambda: place.world.count("asked", "reserve", ASKED.op) == 1)
    await place.ask(cancel(ASKED), noun="node", verb="cancel")
    assert (await place.refused(ASKED.op)).code == "request-mismatch"
    assert await place.names(ASKED) == ["requested"]
    place.world.cure("reserve", ASKED.op)


async def test_the_first_body_of_an_operation_stands_and_the_second_is_answered(place: Place) -> None:
    await place.start()
    await place.ask(ASKED)
    await place.ended(ASKED)
    await publish(place.edge, SUBJECT, changed(username="mallory"))
    refused = await place.refused(ASKED.op)
    assert (refused.code, refused.seq, refused.owner) == ("idempotency-conflict", 2, ASKED.owner)
    kept = (await place.op(ASKED)).request
    assert isinstance(kept, UsernameRegister)
    assert kept.username == "alice"


async def test_the_same_request_again_is_the_same_operation(place: Place) -> None:
    """Asked later and under another trace, as a client does that heard no answer."""
    await place.start()
    await place.ask(ASKED)
    await place.ended(ASKED)
    again = msgspec.structs.replace(ASKED, traceparent=f"00-{'1' * 32}-{'2' * 16}-01")
    await place.ask(again)
    probe = msgspec.structs.replace(ASKED, username="mallory")
    await place.ask(probe)
    assert (await place.refused(ASKED.op)).seq == 3


async def test_a_stranger_cannot_cancel(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operation is looked up under the canceller's own owner token, so another's is never found."""
    monkeypatch.setattr(ingress, "LOOK_AGAIN_S", 0.05)
    place.world.plant("held", "reserve", ASKED.op)
    await place.start()
    await place.ask(ASKED)
    await until(lambda: place.world.count("asked", "reserve", ASKED.op) == 1)
    stranger = owner_of("cd" * 32)
    theirs = msgspec.structs.replace(cancel(ASKED), owner=stranger, pubkey="cd" * 32)
    assert op_of(stranger, "toy-1") != ASKED.op
    await place.ask(theirs, verb="cancel")
    refused = await place.refused(ASKED.op)
    assert (refused.code, refused.owner) == ("operation-unknown", stranger)
    place.world.cure("reserve", ASKED.op)
    op = await place.ended(ASKED)
    assert op.body("cancelled") is None


async def test_a_cancel_for_nothing_is_answered_in_the_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress, "LOOK_AGAIN_S", 0.05)
    await place.start()
    await place.ask(cancel(ASKED), verb="cancel")
    assert (await place.refused(ASKED.op)).code == "operation-unknown"
    assert await place.dead_letters() == []


async def test_a_good_request_that_we_cannot_take_is_our_dead_letter_and_is_answered(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(backoff, "FIRST_S", 0.005)
    monkeypatch.setattr(ledger, "open_operation", broken)
    await place.start("offer-builder")
    await place.ask(ASKED)
    refused = await place.refused(ASKED.op)
    assert refused.code == "internal"
    (letter,) = await place.dead_letters()
    assert (letter["X-Orig-Subject"], letter["X-Error-Type"]) == (SUBJECT, "RuntimeError")


async def test_of_requests_under_one_id_the_newest_refused_one_stands(place: Place) -> None:
    """They are judged side by side, so an older one's refusal may be written after a newer one's."""
    worker = await place.bus("node-manager")
    away = TurnedAway("invalid-body", "a field has another shape")
    asked = [Asked(SUBJECT, seq, time.time(), b"%d" % seq) for seq in range(1, 13)]
    await refuse(worker, asked[6], away)
    await refuse(worker, asked[2], away)
    assert (await place.refused(ASKED.op)).seq == 7
    await asyncio.gather(*(refuse(worker, one, away) for one in reversed(asked)))
    assert (await place.refused(ASKED.op)).seq == 12
