"""Where every walk begins: the root servers, built in (IANA root hints) or configured."""

import ipaddress

import dns.name

from services.dnssec_verifier.chain.zone import Delegation

_HINTS = (
    ("a", "198.41.0.4", "2001:503:ba3e::2:30"),
    ("b", "170.247.170.2", "2801:1b8:10::b"),
    ("c", "192.33.4.12", "2001:500:2::c"),
    ("d", "199.7.91.13", "2001:500:2d::d"),
    ("e", "192.203.230.10", "2001:500:a8::e"),
    ("f", "192.5.5.241", "2001:500:2f::f"),
    ("g", "192.112.36.4", "2001:500:12::d0d"),
    ("h", "198.97.190.53", "2001:500:1::53"),
    ("i", "192.36.148.17", "2001:7fe::53"),
    ("j", "192.58.128.30", "2001:503:c27::2:30"),
    ("k", "193.0.14.129", "2001:7fd::1"),
    ("l", "199.7.83.42", "2001:500:9f::42"),
    ("m", "202.12.27.33", "2001:dc3::35"),
)


def roots(configured: tuple[str, ...]) -> Delegation:
    """The root's servers: `configured` addresses, or the built-in ones. Raises ValueError if one is no IP address."""
    if configured:
        return Delegation((), tuple(str(ipaddress.ip_address(address)) for address in configured))
    names = tuple(dns.name.Name((letter.encode(), b"root-servers", b"net", b"")) for letter, _, _ in _HINTS)
    return Delegation(names, tuple(hint[1] for hint in _HINTS) + tuple(hint[2] for hint in _HINTS))


def is_public(address: str) -> bool:
    """Whether `address` is on the public Internet."""
    return ipaddress.ip_address(address).is_global
