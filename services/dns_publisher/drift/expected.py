"""What should stand in a domain: live names that nothing is changing, with the content we last saw stand.

A name is told of here only if the two tables agree: an operation marks the name before it touches DNS and clears the
mark after, so what it is changing is never expected to be one thing or the other.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from schemas.names import NameProblem, name_of_key, parse_name
from schemas.records import NameRecord, Published
from services.dns_publisher.drift.compare import Expected
from services.dns_publisher.records.reconcile import Desired
from services.dns_publisher.routing.zones import domain_of


@dataclass(frozen=True, slots=True)
class Book:
    """The two tables of what should stand."""

    names: Bucket[NameRecord]
    published: Bucket[Published]

    async def all_in(self, domain: str, domains: tuple[str, ...]) -> Mapping[str, Expected]:
        """Everything expected in `domain`, one of the configured `domains`, by DNS name; for looking only."""
        live = {
            key: entry.value
            async for key, entry in self.names.walk()
            if entry.value.state == "active" and domain_of(_dns_name(key), domains) == domain
        }
        found: dict[str, Expected] = {}
        async for key, entry in self.published.walk():
            if key in live and (expected := expected_of(key, live[key], entry.value)) is not None:
                found[expected.desired.name] = expected
        return found

    async def now(self, key: str) -> Expected | None:
        """What is expected under `key` at this moment, by the leader."""
        name, published = await self.names.get(key), await self.published.get(key)
        return expected_of(key, name.value, published.value) if name and published else None

    async def is_changing(self, key: str) -> bool:
        """Whether an operation is at work on the name, by the leader."""
        name = await self.names.get(key)
        return name is not None and (name.value.changing is not None or name.value.state in ("reserved", "releasing"))


def expected_of(key: str, record: NameRecord, published: Published) -> Expected | None:
    """What should stand, as the two tables say it; None if something is changing the name or they disagree."""
    name = parse_name(record.name)
    if record.state != "active" or record.changing is not None or record.uri is None or isinstance(name, NameProblem):
        return None
    payload = record.uri.encode("ascii")
    if hashlib.sha256(payload).hexdigest() != published.content_sha256:
        return None
    desired = Desired(name.owner_name.rstrip("."), payload, published.ttl_s, published.op)
    return Expected(key, record.name, record.owner, desired)


def make_book(bus: Bus) -> Book:
    """The tables, read only by us but for `published`."""
    return Book(Bucket(bus, "names", NameRecord), Bucket(bus, "published", Published))


def _dns_name(key: str) -> str:
    try:
        return name_of_key(key).owner_name.rstrip(".")
    except ValueError:
        return ""
