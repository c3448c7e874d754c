"""The routing table from the settings: which domain is published where. Pure but for the key files it reads.

`MESH_DNS_ZONES` lists `domain=publisher`; without it every name domain is at Cloudflare. What cannot work is refused at
start: an unknown publisher, a key file without a key, a domain twice, a name domain that nothing covers.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, urlsplit

import dns.tsig

from schemas.names import NameProblem, parse_name
from schemas.settings import SettingError, Settings
from services.dns_publisher.rfc2136.key_file import read_tsig_key
from services.dns_publisher.routing.zones import domain_of

SETTING = "MESH_DNS_ZONES"
SCHEME = "rfc2136"


@dataclass(frozen=True, slots=True)
class AtCloudflare:
    """Published through the one account at Cloudflare."""


@dataclass(frozen=True, slots=True)
class AtServer:
    """Published on the primary at `address` and `port`, with updates signed by `key`."""

    address: str
    port: int
    key_file: str
    key: dns.tsig.Key = field(repr=False, compare=False)


Route = AtCloudflare | AtServer


def routes_of(settings: Settings) -> Mapping[str, Route]:
    """Each domain with where it is published; raises SettingError for a table that cannot work."""
    if not settings.dns_zones:
        return dict.fromkeys(settings.name_domains, AtCloudflare())
    routes: dict[str, Route] = {}
    for entry in settings.dns_zones:
        domain, _, publisher = entry.partition("=")
        if isinstance(parse_name(f"a@{domain}"), NameProblem) or domain != domain.lower():
            raise SettingError(SETTING, "an entry is domain=publisher, its domain in lower case")
        if domain in routes:
            raise SettingError(SETTING, f"{domain} is there twice")
        routes[domain] = _route(publisher, domain)
    for name_domain in settings.name_domains:
        if domain_of(name_domain, tuple(routes)) is None:
            raise SettingError(SETTING, f"names are published in {name_domain}, which no entry covers")
    return routes


def _route(publisher: str, domain: str) -> Route:
    if publisher == "cloudflare":
        return AtCloudflare()
    try:
        url = urlsplit(publisher)
        port = url.port or 53
    except ValueError:
        raise SettingError(SETTING, f"the publisher of {domain} has no port that can be") from None
    if url.scheme != SCHEME:
        raise SettingError(SETTING, f"the publisher of {domain} is none that we know")
    key_file = _key_file(url, domain)
    return AtServer(_address(url, domain), port, key_file, read_tsig_key(key_file, SETTING))


def _address(url: SplitResult, domain: str) -> str:
    try:
        return str(ipaddress.ip_address(url.hostname or ""))
    except ValueError:
        raise SettingError(SETTING, f"the primary of {domain} must be an IP address") from None


def _key_file(url: SplitResult, domain: str) -> str:
    query = parse_qs(url.query, keep_blank_values=True)
    if query.keys() - {"key"} or url.path or url.fragment or url.username is not None:
        raise SettingError(SETTING, f"the publisher of {domain} is rfc2136://address[:port]?key=file and no more")
    return query.get("key", [""])[0]
