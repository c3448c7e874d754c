"""Free ports on loopback, several at once without handing out one twice."""

import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from bus.errors import ServerError

LOOPBACK = "127.0.0.1"
FIRST, LAST = 20_000, 32_767
"""Where any port comes from: below what Linux (32768) and macOS (49152) give to connections and to whoever asks for any
port, so that nobody but another caller of `free_ports` can be given it between our look and our server's bind."""
ATTEMPTS = 200


def free_ports(wanted: Sequence[int], addresses: Sequence[str] = (LOOPBACK,)) -> list[int]:
    """For each of `wanted` that port if it is free, otherwise (or for 0) any free one; ServerError if there is none.

    A port is free when nobody uses it for TCP or UDP at any of `addresses` (IPv4). Free is what they are now: whoever
    wants to be sure binds at once and asks again when that fails.
    """
    with ExitStack() as probes:
        return [_free_port(port, addresses, probes) for port in wanted]


def _free_port(wanted: int, addresses: Sequence[str], probes: ExitStack) -> int:
    for port in _candidates(wanted):
        with ExitStack() as these:
            try:
                for address in addresses:
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        _bound(these.enter_context(socket.socket(socket.AF_INET, kind)), address, port)
            except (OSError, OverflowError):
                continue
            probes.enter_context(these.pop_all())
            return port
    raise ServerError("no free port on loopback")


def _candidates(wanted: int) -> Iterator[int]:
    if wanted:
        yield wanted
    for _ in range(ATTEMPTS):
        yield FIRST + secrets.randbelow(LAST - FIRST + 1)


def _bound(probe: socket.socket, address: str, port: int) -> None:
    if probe.type == socket.SOCK_STREAM:  # for UDP it would let us in beside whoever is there
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((address, port))
