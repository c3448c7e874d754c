"""The sandbox's Greenlight in its pure parts: challenges, amounts and signers' questions."""

import asyncio

import pytest

from proto import greenlight_pb2
from services.sandbox.greenlight.amounts import parse_amount
from services.sandbox.greenlight.challenges import TTL_S, Challenges, Fresh, Stale
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.hsm import FIRST_ID, Hsm


def test_a_challenge_ages() -> None:
    challenges = Challenges()
    in_time, late = challenges.issue(0, b"n", 100.0), challenges.issue(0, b"n", 100.0)
    assert challenges.take(in_time, 0, b"n", 100.0 + TTL_S) == Fresh()
    assert isinstance(challenges.take(late, 0, b"n", 100.1 + TTL_S), Stale)


def test_a_wrong_try_uses_a_challenge_up() -> None:
    challenges = Challenges()
    challenge = challenges.issue(1, b"n", 0.0)
    assert isinstance(challenges.take(challenge, 0, b"n", 0.0), Stale)
    assert isinstance(challenges.take(challenge, 1, b"n", 0.0), Stale)


def test_challenges_do_not_pile_up() -> None:
    challenges = Challenges()
    first = challenges.issue(0, b"n", 0.0)
    for _ in range(10_000):
        last = challenges.issue(0, b"n", 0.0)
    assert isinstance(challenges.take(first, 0, b"n", 0.0), Stale)
    assert challenges.take(last, 0, b"n", 0.0) == Fresh()


@pytest.mark.parametrize(
    ("text", "msat"),
    [("any", None), ("1", 1), ("1500msat", 1500), ("2sat", 2000), ("2.001sat", 2001), ("0.001btc", 100_000_000)],
)
def test_amounts(text: str, msat: int | None) -> None:
    assert parse_amount(text) == msat


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "1.0001sat", "10USD", "1 sat", "ANY", "1e3", "9" * 30])
def test_amounts_that_make_no_sense(text: str) -> None:
    with pytest.raises(ClnError):
        parse_amount(text)


def test_an_error_text_keeps_its_quotes_apart() -> None:
    details = ClnError(Code.INVALID_PARAMS, 'not "any"').details("Offer")
    expected = 'Error calling method Offer: RpcError { code: Some(-32602), message: "not \\"any\\"", data: None }'
    assert details == expected


async def test_a_question_nobody_waits_for_any_more_is_not_asked_again() -> None:
    hsm = Hsm(lambda: None)
    asking = asyncio.create_task(hsm.ask(b"?"))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    still = asyncio.create_task(hsm.ask(b"!"))
    await asyncio.sleep(0)
    stream = hsm.attach()
    assert [(await anext(stream)).request_id for _ in range(2)] == [0, FIRST_ID + 1]
    hsm.respond(greenlight_pb2.HsmResponse(request_id=FIRST_ID + 1, raw=b"first"))
    hsm.respond(greenlight_pb2.HsmResponse(request_id=FIRST_ID + 1, raw=b"second"))
    assert await still == b"first"
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator, said to be an iterator
    assert hsm.attached == 0


async def test_questions_say_which_call_they_are_for_and_state_goes_to_the_next_signer() -> None:
    hsm = Hsm(lambda: None)
    call = greenlight_pb2.PendingRequest(uri="/cln.Node/Offer")
    with hsm.justified_by(call):
        asking = asyncio.create_task(hsm.ask(b"?"))
        await asyncio.sleep(0)
    newer, older = (greenlight_pb2.SignerStateEntry(version=v, key="nodes/1", value=b"%d" % v) for v in (2, 1))
    hsm.respond(greenlight_pb2.HsmResponse(request_id=FIRST_ID, raw=b"!", signer_state=[newer]))
    hsm.respond(greenlight_pb2.HsmResponse(request_id=FIRST_ID, raw=b"!", signer_state=[older]))
    stream = hsm.attach()
    heartbeat = await anext(stream)
    assert list(heartbeat.signer_state) == [newer]
    await asking
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator, said to be an iterator
