"""The one interface behind which publishers hide: whoever serves a zone looks, creates, replaces, deletes and lists.

What every implementation guarantees: `look` is answered by the zone's master copy and not by a cache; each change is
one transaction, of which an outside observer never sees a part; nothing is sent twice; what is not known to be done is
`Unknown`. A change says what its caller `saw`: one that can compare refuses with Meaning.CHANGED when that is no longer
so; one that cannot relies on the lease under which it is called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.dns_publisher.provider.answers import Answer, Refused, Unknown
from services.dns_publisher.records.marker import Marker
from services.dns_publisher.records.reconcile import Desired, Present, Replace


@dataclass(frozen=True, slots=True)
class Listed:
    """A record that a zone holds at `name` (no final dot, lower case)."""

    name: str
    record: Present


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a zone's records; `following` is where the next page begins, None after the last."""

    records: tuple[Listed, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class Room:
    """How many records a zone holds, and how many it may hold at all."""

    used: int
    quota: int


class Zone(Protocol):
    """A zone at whoever serves it."""

    @property
    def publisher(self) -> str:
        """Who serves it, in a word."""
        ...

    @property
    def name(self) -> str:
        """The zone's apex, without final dot."""
        ...

    async def look(self, name: str) -> tuple[Present, ...] | Refused | Unknown:
        """Every record at exactly `name` (no final dot) that matters: TXT, and whatever would stand in its way."""
        ...

    async def create(self, desired: Desired, mark: Marker, seen: Sequence[Present]) -> Answer:
        """Make the record of `desired`, marked with `mark`, where no payment record was `seen`."""
        ...

    async def replace(self, desired: Desired, plan: Replace, seen: Sequence[Present]) -> Answer:
        """Make one of the `seen` records what `desired` says, in place, and delete the extras of `plan` with it."""
        ...

    async def delete(self, name: str, record_ids: Sequence[str], seen: Sequence[Present]) -> Answer:
        """Delete these of the records `seen` at `name`; one that is gone already counts as deleted."""
        ...

    async def records(self, start: str = "") -> Page | Refused | Unknown:
        """A page of the records below any `_bitcoin-payment` of the zone, from `start` (empty: the first).

        A record's mark is only there where the list itself has it. A zone that our key may not list is refused with
        Meaning.CREDENTIALS: look at its names one by one.
        """
        ...

    async def room(self) -> Room | Refused | Unknown | None:
        """How full the zone is; None where nobody counts."""
        ...


class Publisher(Protocol):
    """Somebody who serves zones."""

    async def zone(self, domain: str) -> Zone | Refused | Unknown:
        """The zone that holds the payment names of `domain`: the domain itself, or the nearest zone around them."""
        ...
