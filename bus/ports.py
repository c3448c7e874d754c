"""Free ports on loopback, several at once without handing out one twice."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from bus.errors import ServerError

LOOPBACK = "127.0.0.1"


def free_ports(wanted: Sequence[int]) -> list[int]:
    """For each of `wanted` that port if it is free, otherwise (or for 0) any free one; ServerError if there is none.

    Free is what they are now: whoever wants to be sure binds at once and asks again when that fails.
    """
    with ExitStack() as probes:
        return [_free_port(port, probes) for port in wanted]


def _free_port(wanted: int, probes: ExitStack) -> int:
    for port in (wanted, 0):
        probe = probes.enter_context(socket.socket())
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError, OverflowError):
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    raise ServerError("no free port on loopback")
