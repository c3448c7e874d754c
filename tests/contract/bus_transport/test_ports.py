"""`free_ports`: nobody else's, at every address, for both protocols, and out of reach of whoever asks for any port."""

import socket

import pytest

from bus.errors import ServerError
from bus.servers.ports import FIRST, LAST, LOOPBACK, free_ports


def test_many_at_once_are_all_different_and_none_is_one_that_a_connection_could_be_given() -> None:
    ports = free_ports([0] * 100)
    assert len(set(ports)) == len(ports)
    assert all(FIRST <= port <= LAST for port in ports)


def test_the_wanted_one_is_given_where_it_is_free() -> None:
    [port] = free_ports([0])
    assert free_ports([port]) == [port]
    assert free_ports([port, port])[1] != port
    assert FIRST <= free_ports([70_000])[0] <= LAST


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use_for_either_protocol_is_not_free(kind: socket.SocketKind) -> None:
    [port] = free_ports([0])
    with socket.socket(socket.AF_INET, kind) as rival:
        rival.bind((LOOPBACK, port))
        if kind == socket.SOCK_STREAM:
            rival.listen()
        assert free_ports([port]) != [port]


def test_an_address_that_is_not_ours_has_none() -> None:
    with pytest.raises(ServerError):
        free_ports([0], ("192.0.2.1",))
