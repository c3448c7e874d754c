"""What stands in LEDGER and is no fact: always a ValueError, whatever it is instead."""

import pytest

from bus.client.direct import Stored
from bus.operations.ledger import fact_of

SUBJECT = f"saga.{'o' * 26}.{'p' * 26}.opened.node-manager"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"fact":"opened"}',
        b'{"fact":"opened","nodeId":"\xff\xfe"}',
        b'{"fact":"seed-lost","nodeId":"02"}',
        b'{"fact":"opened","nodeId":"02","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
def test_what_is_no_fact_says_so(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        fact_of(Stored(SUBJECT, 1, 0.0, {}, data))


def test_a_fact_is_read() -> None:
    assert fact_of(Stored(SUBJECT, 7, 0.0, {}, b'{"fact":"opened","nodeId":"02","new":[]}')).seq == 7
