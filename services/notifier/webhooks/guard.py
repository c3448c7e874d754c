"""The one place where a connection to a receiver is made: resolved, checked, and then to the very address checked.

Whoever asks for a connection, and whatever the name says a moment later, the address that is connected to is the one
that was judged. A name with a single closed address among its addresses is refused altogether: it is a mistake or an
attack. TLS above it still verifies the name.
"""

import asyncio
from collections.abc import Iterable
from ipaddress import ip_address

from httpcore import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError, ConnectTimeout

from schemas.receivers import Address, closed
from services.notifier.webhooks.resolving import Names


class AddressRefused(Exception):
    """The name leads to an address that we do not speak to."""


class Guard(AsyncNetworkBackend):
    """httpcore's way to the network, for receivers only."""

    def __init__(self, names: Names, *, allow_private: bool, timeout_s: float) -> None:
        self._names = names
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._network = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """A connection to the first address of `host` that takes one; AddressRefused, NameUnresolved, ConnectError."""
        addresses = await self._addresses(host)
        if not self._allow_private and any(closed(address) for address in addresses):
            raise AddressRefused
        patience_s = (timeout or self._timeout_s) / len(addresses)
        failure: Exception = ConnectError("no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(str(address), port, patience_s, local_address, socket_options)
            except (ConnectError, ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """As asyncio does."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str) -> tuple[Address, ...]:
        try:
            return (ip_address(host),)
        except ValueError:
            return await self._names.addresses(host, self._timeout_s)
