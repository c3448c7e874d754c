"""Which zones the mesh may sign, by whom and under which parent, as the setting `signing_zones` says it.

An entry is `zone=signer+parent`, the signer `cloudflare` or `self`, the parent `manual`, `cds` or
`rfc2136://address:port?key=file[&zone=parent-zone][&ttl=seconds]`; the file holds a TSIG key, as `tsig-keygen`
writes it.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from schemas.zones import ParentKind, SignerKind, is_zone

DS_TTL_S = 3600


@dataclass(frozen=True, slots=True)
class UpdateServer:
    """Where and how the parent takes dynamic updates (RFC 2136): `zone` holds the DS, which gets `ttl_s`."""

    address: str
    port: int
    key_file: str
    zone: str
    ttl_s: int


@dataclass(frozen=True, slots=True)
class SignedZone:
    """One entry. `update` is set for the parent kind `rfc2136`."""

    zone: str
    signer: SignerKind
    parent: ParentKind
    update: UpdateServer | None = None


def signed_zones(entries: Iterable[str]) -> dict[str, SignedZone]:
    """The entries by zone; ValueError says which is none, and never what its key file holds."""
    found: dict[str, SignedZone] = {}
    for entry in entries:
        zone = _entry(entry)
        if zone.zone in found:
            raise ValueError(f"{zone.zone} is there twice")
        found[zone.zone] = zone
    return found


def _entry(entry: str) -> SignedZone:
    zone, _, rest = entry.partition("=")
    signer, _, parent = rest.partition("+")
    if not is_zone(zone):
        raise ValueError(f"not a zone: {zone}")
    if signer not in ("cloudflare", "self"):
        raise ValueError(f"{zone}: the signer is cloudflare or self")
    if parent in ("manual", "cds"):
        return SignedZone(zone, signer, parent)  # type: ignore[arg-type]  # just looked at
    return SignedZone(zone, signer, "rfc2136", _update(zone, parent))  # type: ignore[arg-type]  # just looked at


def _update(zone: str, text: str) -> UpdateServer:
    url = urlsplit(text)
    options = dict(parse_qsl(url.query))
    above = options.get("zone", zone.partition(".")[2])
    if url.scheme != "rfc2136" or url.hostname is None or not set(options) <= {"key", "zone", "ttl"}:
        raise ValueError(f"{zone}: the parent is manual, cds or rfc2136://address:port?key=file")
    if not options.get("key"):
        raise ValueError(f"{zone}: the parent's key file is missing")
    if not zone.endswith("." + above):
        raise ValueError(f"{zone} does not lie in {above}")
    ttl_s = int(options.get("ttl", DS_TTL_S))
    if not 1 <= ttl_s <= 86_400:
        raise ValueError(f"{zone}: the DS lives from one second to one day")
    return UpdateServer(str(ipaddress.ip_address(url.hostname)), url.port or 53, options["key"], above, ttl_s)
