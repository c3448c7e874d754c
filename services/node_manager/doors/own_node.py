"""Is what an owner hands over a way to reach their own Core Lightning that we may use?

Its address is looked up here, once, and kept as a number: a name could lead elsewhere later, into our own network. The
node's certificate is for a fixed name whatever its address is, so nothing is lost by that.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from schemas.doors import ClnAccess
from schemas.sealed import SeedRefused

LOOKUP_S = 5.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


async def usable(access: ClnAccess, *, allow_private: bool) -> ClnAccess | SeedRefused:
    """`access` with its address as a number, or the rule it breaks."""
    if not _fits(access):
        return _refused("`ca`, `certificate` and `key` are not PEM of a certificate's parts that belong together")
    try:
        parts = urlsplit(access.uri)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        return _refused("`uri` has no port that is one")
    try:
        async with asyncio.timeout(LOOKUP_S):
            addresses = await _addresses(host, port)
    except (OSError, TimeoutError):
        return _refused("the host of `uri` is not found")
    chosen = choose(addresses, allow_private=allow_private)
    if chosen is None:
        return _refused("the host of `uri` is not on the public internet")
    literal = f"[{chosen}]" if chosen.version == 6 else str(chosen)
    return msgspec.structs.replace(access, uri=f"https://{literal}:{port}")


def choose(addresses: Sequence[Address], *, allow_private: bool) -> Address | None:
    """The first address that may be used; pure."""
    return next((address for address in addresses if allow_private or _is_public(address)), None)


def _is_public(address: Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    inner = mapped or address
    return inner.is_global and not inner.is_multicast


async def _addresses(host: str, port: int) -> list[Address]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _fits(access: ClnAccess) -> bool:
    try:
        x509.load_pem_x509_certificate(access.ca.encode())
        certificate = x509.load_pem_x509_certificate(access.certificate.encode())
        key = load_pem_private_key(access.key.encode(), password=None)
    except (ValueError, TypeError):
        return False
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


def _refused(detail: str) -> SeedRefused:
    return SeedRefused(code="cln-access-invalid", detail=detail)
