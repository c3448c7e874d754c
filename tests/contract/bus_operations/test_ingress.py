"""The door: what is malformed or disagrees with itself is refused aloud, never half-believed."""

import msgspec
import pytest

from bus import ingress, subjects
from bus.publish import publish
from schemas.base import encode
from schemas.ids import OpId, Owner, op_of, owner_of
from schemas.requests import UsernameRegister

from .conftest import Place
from .toy import cancel, request, until

ASKED = request(1)
OTHER = OpId("b" * 26)


def changed(**fields: str) -> bytes:
    """The request with other values in some fields."""
    return encode(msgspec.structs.replace(ASKED, **fields))


REFUSED = {
    "no JSON": (subjects.request("username", "register", ASKED.op), b"\xff\x00 not json"),
    "empty": (subjects.request("username", "register", ASKED.op), b""),
    "unknown type": (subjects.request("username", "register", ASKED.op), b'{"type":"username.burn.v1"}'),
    "a field is missing": (subjects.request("username", "register", ASKED.op), b'{"type":"username.register.v1"}'),
    "another operation": (subjects.request("username", "register", OTHER), encode(ASKED)),
    "another verb": (subjects.request("username", "release", ASKED.op), encode(ASKED)),
    "another noun": (subjects.request("node", "register", ASKED.op), encode(ASKED)),
    "an owner with dots": (
        subjects.request("username", "register", ASKED.op),
        changed(owner=Owner("a.b.*.>")),
    ),
    "another's owner token": (
        subjects.request("username", "register", ASKED.op),
        changed(owner=owner_of("cd" * 32)),
    ),
    "a public key that is none": (subjects.request("username", "register", ASKED.op), changed(pubkey="zz")),
    "a cancel that says register": (subjects.request("username", "register", ASKED.op), encode(cancel(ASKED))),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused_aloud(place: Place, case: str) -> None:
    await place.start()
    subject, body = REFUSED[case]
    await publish(place.edge, subject, body)

    async def buried() -> bool:
        return len(await place.dead_letters()) == 1

    await until(buried)
    (letter,) = await place.dead_letters()
    assert letter["X-Orig-Subject"] == subject
    assert letter["X-Reason"]
    assert await place.names(ASKED) == []
    good = request(2)
    await place.ask(good)
    await place.ended(good)


async def test_a_cancel_for_an_operation_of_another_noun(place: Place) -> None:
    place.world.plant("held", "reserve", ASKED.op)
    await place.start()
    await place.ask(ASKED)
    await until(lambda: place.world.count("asked", "reserve", ASKED.op) == 1)
    await place.ask(cancel(ASKED), noun="node", verb="cancel")

    async def buried() -> bool:
        return len(await place.dead_letters()) == 1

    await until(buried)
    assert await place.names(ASKED) == ["requested"]
    place.world.cure("reserve", ASKED.op)


async def test_the_first_body_of_an_operation_stands(place: Place) -> None:
    await place.start()
    await place.ask(ASKED)
    await place.ended(ASKED)
    await publish(place.edge, subjects.request("username", "register", ASKED.op), changed(username="mallory"))
    probe = request(2)
    await place.ask(probe)
    await place.ended(probe)
    kept = (await place.op(ASKED)).request
    assert isinstance(kept, UsernameRegister)
    assert kept.username == "alice"


async def test_a_stranger_cannot_cancel(place: Place) -> None:
    """The operation is looked up under the canceller's own owner token, so another's is never found."""
    place.world.plant("held", "reserve", ASKED.op)
    await place.start()
    await place.ask(ASKED)
    await until(lambda: place.world.count("asked", "reserve", ASKED.op) == 1)
    stranger = owner_of("cd" * 32)
    theirs = msgspec.structs.replace(cancel(ASKED), owner=stranger, pubkey="cd" * 32)
    assert op_of(stranger, "toy-1") != ASKED.op
    await place.ask(theirs, verb="cancel")
    place.world.cure("reserve", ASKED.op)
    op = await place.ended(ASKED)
    assert op.body("cancelled") is None


async def test_a_cancel_for_nothing_is_buried_in_the_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress, "LOOK_AGAIN_S", 0.05)
    await place.start()
    await place.ask(cancel(ASKED), verb="cancel")

    async def buried() -> bool:
        return len(await place.dead_letters()) == 1

    await until(buried)
    (letter,) = await place.dead_letters()
    assert (letter["X-Delivered"], letter["X-Reason"]) == ("7", "it kept asking to wait")
