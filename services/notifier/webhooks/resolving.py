"""Receivers' names to addresses, without a thread: a name whose servers are slow must not keep another one waiting."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import structlog

from schemas.receivers import Address
from schemas.settings import SettingError

SETTING = "MESH_WEBHOOK_RESOLVERS"
LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))

log = structlog.stdlib.get_logger("notifier")


class NameUnresolved(Exception):
    """The name leads nowhere now."""


class Names:
    """Asks `resolvers` (`address`, `address:port` or `[v6]:port`; none: the system's). SettingError."""

    def __init__(self, resolvers: Sequence[str]) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [_server(text) for text in resolvers] or _systems()

    async def addresses(self, host: str, timeout_s: float) -> tuple[Address, ...]:
        """Every address of `host`, IPv4 first; NameUnresolved if there is none within `timeout_s`."""
        if host == "localhost" or host.endswith(".localhost"):
            return LOOPBACK  # RFC 6761: never asked of anybody
        name = dns.name.from_text(host)
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
        found = await asyncio.gather(*(self._ask(name, kind, timeout_s) for kind in kinds))
        addresses = tuple(address for some in found for address in some)
        if not addresses:
            raise NameUnresolved
        return addresses

    async def _ask(self, name: dns.name.Name, kind: dns.rdatatype.RdataType, timeout_s: float) -> tuple[Address, ...]:
        try:
            answer = await self._resolver.resolve(name, kind, lifetime=timeout_s, search=False)
        except (dns.exception.DNSException, OSError):
            return ()
        return tuple(ip_address(record.address) for record in answer)


def _server(text: str) -> dns.nameserver.Nameserver:
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, "53"
    try:
        return dns.nameserver.Do53Nameserver(str(ip_address(address)), int(port))
    except ValueError:
        raise SettingError(SETTING, "each must be an address, or an address and a port") from None


def _systems() -> list[dns.nameserver.Nameserver | str]:
    try:
        return list(dns.resolver.Resolver().nameservers)
    except dns.resolver.NoResolverConfiguration:
        log.error("webhooks.no-resolver")
        return []
