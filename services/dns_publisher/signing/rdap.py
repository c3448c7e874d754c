"""What a registry says of a domain (RDAP, RFC 9083; statuses of RFC 8056), before a DS changes at a registrar's.

Nothing is ever changed in a domain that is locked, held or on its way out: the change would not arrive, or hide why.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import httpx
import msgspec

from schemas.base import UNREADABLE, Wire

DEADLINE_S = 15.0
MOST_BYTES = 1 << 20

LOCKED = frozenset(
    {
        "server update prohibited",
        "server hold",
        "client hold",
        "pending delete",
        "redemption period",
        "pending restore",
    }
)
"""Nobody but the registry, the registrar's support or an invoice changes these."""

IN_THE_WAY = frozenset({"client update prohibited", "pending update", "pending transfer"})
"""The operator can lift the first at the registrar; the others pass."""


@dataclass(frozen=True, slots=True)
class Free:
    """The domain may be changed, or the registry does not know it as a domain of its own."""


@dataclass(frozen=True, slots=True)
class Locked:
    """It may not; waiting does not help."""

    detail: str


@dataclass(frozen=True, slots=True)
class InTheWay:
    """It may not now."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """We could not find out."""

    detail: str


Registry = Free | Locked | InTheWay | Unanswered


T = TypeVar("T")


class _Bootstrap(Wire, frozen=True, kw_only=True):
    services: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()

    def server_of(self, zone: str) -> str | None:
        """The base URL of the server for the longest matching entry (RFC 9224 §4); None if there is none."""
        labels = zone.split(".")
        above = {".".join(labels[depth:]): len(labels) - depth for depth in range(len(labels))}
        fitting = [
            (above[entry.lower()], urls) for names, urls in self.services for entry in names if entry.lower() in above
        ]
        urls = max(fitting, default=(0, ()))[1]
        base = next((url for url in urls if url.startswith("https://")), next(iter(urls), None))
        return None if base is None else base.rstrip("/") + "/"


class _Domain(Wire, frozen=True, kw_only=True):
    status: tuple[str, ...] = ()


def judge(statuses: Iterable[str]) -> Registry:
    """What the statuses of a domain mean for a change of its DS, however they are spelled (EPP's or RDAP's way)."""
    known = {_plain(status) for status in statuses}
    if locked := sorted(known & LOCKED):
        return Locked(f"the registry says: {', '.join(locked)}")
    if waiting := sorted(known & IN_THE_WAY):
        return InTheWay(f"the registry says: {', '.join(waiting)}")
    return Free()


@dataclass(frozen=True, slots=True)
class Rdap:
    """Asks the server that the registry of bootstrap servers at `url` names (empty: nobody is asked)."""

    url: str

    async def look(self, zone: str) -> Registry:
        """What the registry says of `zone` now."""
        if not self.url:
            return Free()
        try:
            async with httpx.AsyncClient(timeout=DEADLINE_S, follow_redirects=True, max_redirects=5) as client:
                bootstrap = await _read(client, self.url, _Bootstrap)
                if isinstance(bootstrap, Unanswered | None):
                    return bootstrap or Unanswered("there is no registry of RDAP servers")
                base = bootstrap.server_of(zone)
                found = None if base is None else await _read(client, f"{base}domain/{zone}", _Domain)
        except httpx.HTTPError as error:
            return Unanswered(f"no answer from RDAP ({type(error).__name__})")
        if isinstance(found, Unanswered):
            return found
        return Free() if found is None else judge(found.status)


async def _read(client: httpx.AsyncClient, url: str, kind: type[T]) -> T | Unanswered | None:
    """What stands at `url`, None if nothing does."""
    answer = await client.get(url, headers={"Accept": "application/rdap+json, application/json"})
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    if answer.status_code != httpx.codes.OK or len(answer.content) > MOST_BYTES:
        return Unanswered(f"RDAP answered with status {answer.status_code}")
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except UNREADABLE:
        return Unanswered("RDAP's answer is none")


def _plain(status: str) -> str:
    """`clientHold` and `Client Hold` as `client hold`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", status).lower().strip()
