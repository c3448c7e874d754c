"""Where a webhook may go: a URL taken apart strictly, and the addresses that nobody may make us speak to. Pure.

The URL is checked when it is asked for and again before every attempt; the address is checked when the connection is
made, on the very address that is connected to, so that no name can point elsewhere in between (DNS rebinding).
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import urlsplit

MAX_URL_CHARS = 1024

Address = IPv4Address | IPv6Address

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORTS = {"https": 443, "http": 80}

_CLOSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # "this" network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and every cloud's metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_OPEN_V6 = IPv6Network("2000::/3")
"""Global unicast: all that IANA has given out. Loopback, link-local, unique local, multicast, IPv4 in disguise and
NAT64 lie outside of it."""
_CLOSED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo and ORCHID among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: any IPv4 address inside
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A URL that may be called. `target` is path and query, `address` is set when the host is an address itself."""

    scheme: Literal["https", "http"]
    host: str
    port: int
    target: str
    address: Address | None

    def __repr__(self) -> str:
        return f"Receiver({self.host}:{self.port})"  # path and query may hold a token


@dataclass(frozen=True, slots=True)
class ReceiverProblem:
    """Why a URL may not be called; `code` is a problem code, `detail` repeats nothing of it."""

    code: Literal["webhook-url-invalid", "webhook-url-refused"]
    detail: str


def receiver_of(url: str, *, allow_private: bool) -> Receiver | ReceiverProblem:
    """`url` taken apart, or why nothing is sent there. `allow_private` is for development: plain http, any address."""
    if len(url) > MAX_URL_CHARS:
        return _invalid(f"the URL is longer than {MAX_URL_CHARS} characters")
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        return _invalid("a URL is visible ASCII without backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _invalid("the URL cannot be read")
    if parts.scheme not in _PORTS or not url.lower().startswith(f"{parts.scheme}://"):
        return _invalid("the URL must begin with https://")
    if parts.scheme == "http" and not allow_private:
        return ReceiverProblem("webhook-url-refused", "only https URLs are called")
    if "@" in parts.netloc:
        return _invalid("a URL must not carry a user or password")
    if "#" in url:
        return _invalid("a URL must not have a fragment")
    if port == 0 or parts.netloc.endswith(":"):
        return _invalid("the port is not a port")
    scheme: Literal["https", "http"] = "https" if parts.scheme == "https" else "http"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _placed(parts.netloc, scheme, port or _PORTS[scheme], target, allow_private=allow_private)


def closed(address: Address) -> bool:
    """Whether `address` is one that the public internet does not lead to, or not to one machine."""
    match address:
        case IPv4Address():
            return any(address in network for network in _CLOSED_V4)
        case IPv6Address():
            return address not in _OPEN_V6 or any(address in network for network in _CLOSED_V6)


def _placed(
    netloc: str, scheme: Literal["https", "http"], port: int, target: str, *, allow_private: bool
) -> Receiver | ReceiverProblem:
    bracketed = netloc.startswith("[")
    host = netloc[1:].partition("]")[0] if bracketed else netloc.partition(":")[0]
    host = host.lower()
    address = _address(host) if bracketed or _ends_in_a_number(host) else None
    if address is None and (bracketed or _ends_in_a_number(host) or not _is_name(host)):
        return _invalid("the host is neither a DNS name in ASCII nor an address in its usual form")
    if bracketed != isinstance(address, IPv6Address):
        return _invalid("an IPv6 address, and nothing else, stands in brackets")
    if address is not None and closed(address) and not allow_private:
        return ReceiverProblem("webhook-url-refused", "the address is private or reserved")
    return Receiver(scheme, host.removesuffix("."), port, target, address)


def _address(host: str) -> Address | None:
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def _ends_in_a_number(host: str) -> bool:
    """What some resolvers take for an IPv4 address (`127.1`, `0x7f.1`, `2130706433`): an address or nothing."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def _is_name(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def _invalid(detail: str) -> ReceiverProblem:
    return ReceiverProblem("webhook-url-invalid", detail)
