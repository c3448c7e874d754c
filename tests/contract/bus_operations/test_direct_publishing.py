"""Another Shopstr service with its own nkey: what it may do, and what the server itself refuses, aloud."""

import pytest

from bus.client import direct
from bus.client.js_api import TOO_LARGE, js_request
from bus.client.publish import Stored, publish
from bus.errors import BusDenied, BusRefused
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.requests.refusal import addressee
from bus.tables import subjects
from schemas.base import encode
from schemas.ids import OpId

from .conftest import Place
from .toy import request, until

ASKED = request("direct")
SUBJECT = subjects.request("username", "register", ASKED.op)
NO_ROLLUPS, NO_SCHEDULES, NO_TTL = 10111, 10188, 10166


def asked() -> bytes:
    """The request, asked now."""
    return encode(request("direct"))


async def test_it_asks_follows_and_reads_an_operation_with_its_own_key(place: Place) -> None:
    await place.start()
    sibling, heard = await place.bus("shopstr"), []

    async def hear(message: object) -> None:
        heard.append(str(getattr(message, "subject", "")))

    await sibling.nc.subscribe(subjects.fact_news(ASKED.op), cb=hear)
    await sibling.flush()
    assert await publish(sibling, SUBJECT, asked()) == Stored(1, duplicate=False)
    await until(lambda: f"op.{ASKED.op}.activated" in heard)
    op = await ledger.read(sibling, OpRef(ASKED.owner, ASKED.op))
    assert op is not None
    assert slip.position(op) == slip.Finished("succeeded")
    assert len(await direct.following(sibling, "INGRESS", SUBJECT, 0, 10, None)) == 1


@pytest.mark.parametrize(
    "subject",
    [
        "req.v1.bogus.x." + ASKED.op,
        "req.v1.username.burn." + ASKED.op,
        "req.v1.username.register." + ASKED.op + ".more",
        "req.v1.username",
        "req.v2.username.register." + ASKED.op,
        f"saga.{ASKED.owner}.{ASKED.op}.requested.offer-builder",
        f"refused.{ASKED.op}",
        f"op.{ASKED.op}.activated",
        "$KV.names.alice",
        "$JS.API.STREAM.MSG.GET.LEDGER",
        "$JS.API.DIRECT.GET.KV_nodes",
    ],
)
async def test_the_server_refuses_what_it_must_not_say(place: Place, subject: str) -> None:
    sibling = await place.bus("shopstr")
    with pytest.raises(BusDenied):
        await publish(sibling, subject, asked())
    place.buses.remove(sibling)  # its denials are what this is about


async def test_what_nobody_would_take_cannot_be_stored_whoever_asks(place: Place) -> None:
    config = (await js_request(await place.bus("topology"), "STREAM.INFO.INGRESS"))["config"]
    assert isinstance(config, dict)
    assert set(config["subjects"]) == {subjects.requests_of(noun) for noun in subjects.NOUNS}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Nats-Rollup": "all"}, NO_ROLLUPS),
        ({"Nats-Rollup": "sub"}, NO_ROLLUPS),
        ({"Nats-Schedule": "@at 2030-01-01T00:00:00Z", "Nats-Schedule-Target": SUBJECT}, NO_SCHEDULES),
        ({"Nats-TTL": "1s"}, NO_TTL),
    ],
)
async def test_headers_that_would_erase_or_redirect_are_refused(
    place: Place, headers: dict[str, str], code: int
) -> None:
    sibling = await place.bus("shopstr")
    with pytest.raises(BusRefused) as refusal:
        await publish(sibling, SUBJECT, asked(), headers=headers)
    assert refusal.value.code == code
    assert await direct.following(sibling, "INGRESS", SUBJECT, 0, 10, None) == []


async def test_a_body_that_is_too_large_is_refused_by_the_server(place: Place) -> None:
    sibling = await place.bus("shopstr")
    for size in (64 * 1024 + 1, 256 * 1024 + 1):  # more than INGRESS takes, more than the server takes
        with pytest.raises(BusRefused) as refusal:
            await publish(sibling, SUBJECT, b" " * size)
        assert refusal.value.code == TOO_LARGE
    assert await publish(sibling, SUBJECT, asked()) == Stored(1, duplicate=False)


@pytest.mark.parametrize("token", ["short", "UPPER_and-9", "x" * 64, "*", "x" * 65, "ünïcode"])
async def test_a_last_token_that_is_no_operation_is_answered(place: Place, token: str) -> None:
    """Under the token itself if it can stand in a subject of ours, under a digest of the subject if it cannot."""
    await place.start("offer-builder")
    sibling, subject = await place.bus("shopstr"), subjects.request("username", "register", OpId(token))
    await publish(sibling, subject, asked())
    refused = await place.refused(addressee(subject))
    assert (refused.code, refused.seq) == ("request-mismatch", 1)
    assert addressee(subject) == (token if token in ("short", "UPPER_and-9", "x" * 64) else refused.op)
