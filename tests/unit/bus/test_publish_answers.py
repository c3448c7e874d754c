"""What the server answers to a publish, sorted: stored, overtaken, come back later, or never."""

import json

import pytest

from bus.client.publish import Conflict, Stored, _outcome
from bus.errors import BusFull, BusRefused, BusUnavailable


def error(code: int, err_code: int, text: str = "no") -> bytes:
    return json.dumps({"error": {"code": code, "err_code": err_code, "description": text}}).encode()


@pytest.mark.parametrize(
    "answer",
    [
        error(400, 10002, "resource limits exceeded for account"),
        error(503, 10023, "insufficient resources"),
        error(500, 10047, "insufficient storage resources available"),
        error(503, 10077, "maximum bytes exceeded"),
    ],
)
def test_no_room_is_an_outage_that_can_be_told_apart(answer: bytes) -> None:
    with pytest.raises(BusFull):
        _outcome(answer)
    assert issubclass(BusFull, BusUnavailable)


def test_busy_is_an_outage_and_too_large_is_for_good() -> None:
    with pytest.raises(BusUnavailable):
        _outcome(error(429, 10167))
    with pytest.raises(BusRefused):
        _outcome(error(400, 10054, "message size exceeds maximum allowed"))


def test_stored_and_overtaken() -> None:
    assert _outcome(b'{"stream":"LEDGER","seq":7}') == Stored(7, duplicate=False)
    assert _outcome(error(400, 10071, "wrong last sequence: 5")) == Conflict(5)
