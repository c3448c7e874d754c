"""Loopback sockets: the port of last time if it is still free, else any.

Guarantees: UDP and TCP share one port, and so do all addresses that are bound together.
"""

import errno
import socket
from collections.abc import Iterable

ATTEMPTS = 50
BACKLOG = 128
LINUX_ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")

Pair = tuple[socket.socket, socket.socket]
"""A UDP and a listening TCP socket."""


class NoPortError(OSError):
    """No port is free on all the wanted addresses."""


def bindable(address: str) -> bool:
    """Whether this machine lets us listen on `address` (macOS has only 127.0.0.1 and ::1)."""
    try:
        _bind(address, 0, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def tcp_socket(preferred: int = 0) -> socket.socket:
    """A TCP socket bound to 127.0.0.1, at port `preferred` if it is free."""
    try:
        return _bind("127.0.0.1", preferred, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _bind("127.0.0.1", 0, socket.SOCK_STREAM)


def dns_sockets(addresses: Iterable[str], preferred: int = 0) -> tuple[int, dict[str, Pair]]:
    """One port, and for each address its pair of sockets; raises NoPortError."""
    wanted = list(addresses)
    for attempt in range(ATTEMPTS):
        try:
            return _bind_all(wanted, preferred if attempt == 0 else 0)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise NoPortError(errno.EADDRINUSE, f"no port is free on all of {', '.join(wanted)}")


def _bind_all(addresses: list[str], port: int) -> tuple[int, dict[str, Pair]]:
    bound: dict[str, Pair] = {}
    opened: list[socket.socket] = []
    try:
        for address in addresses:
            tcp = _bind(address, port, socket.SOCK_STREAM)
            opened.append(tcp)
            port = tcp.getsockname()[1]
            udp = _bind(address, port, socket.SOCK_DGRAM)
            opened.append(udp)
            bound[address] = (udp, tcp)
    except OSError:
        for sock in opened:
            sock.close()
        raise
    return port, bound


def _bind(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # With its protocol named, asyncio knows the socket for TCP and turns Nagle's delay off (40 ms a call otherwise).
    sock = socket.socket(family, kind, socket.IPPROTO_TCP if kind == socket.SOCK_STREAM else 0)
    try:
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(BACKLOG)  # at once: until then another process could bind the port as well
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
