"""A phone that left its network says nothing, ever: its stream must not hold one of its owner's places for long."""

import socket
import sys

import pytest

from services.edge.streams.conversation import PING_EVERY_S
from services.edge.web.serving import UNHEARD_S, bind


@pytest.mark.skipif(sys.platform != "linux", reason="the option is Linux's")
def test_the_system_gives_up_a_client_that_acknowledges_nothing() -> None:
    with bind("127.0.0.1", 0) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNHEARD_S * 1000


def test_there_is_something_to_acknowledge_meanwhile() -> None:
    assert PING_EVERY_S < UNHEARD_S / 2
