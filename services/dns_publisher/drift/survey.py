"""One comparison of a domain: the zone listed page by page, and what looks wrong looked at once more, by name.

The list costs one call a page however many names there are; a closer look costs one call, so there are at most
`MOST_LOOKS` in one comparison and the rest wait for the next. Between two calls we pause: publishing comes first.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bus.buckets.leases import Held
from schemas.base import UNREADABLE
from services.dns_publisher.drift.compare import Drift, Expected, drift_of
from services.dns_publisher.drift.expected import Book
from services.dns_publisher.drift.mend import Mended, NotNow, mend
from services.dns_publisher.drift.notes import Noted, Notes
from services.dns_publisher.handlers.task import Tools
from services.dns_publisher.provider.answers import Meaning, Refused, Unknown
from services.dns_publisher.provider.publisher import Room, Zone
from services.dns_publisher.records.reconcile import Present

MOST_LOOKS = 100

EVERYWHERE = (Meaning.LIMITED, Meaning.CREDENTIALS)
"""What is refused at one name for these is refused at every other."""

log = structlog.stdlib.get_logger()


class LeaseLost(Exception):
    """Another replica compares now."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A name that the list shows to differ (`drift`), or that did when it was compared before (`known`)."""

    wanted: Expected
    drift: Drift | None
    known: Noted | None

    @property
    def is_told(self) -> bool:
        """Whether it differs as its owner was told."""
        return self.known is not None and self.known.value.confirmed and self.drift is not None

    def urgency(self) -> tuple[int, float]:
        """What was seen once comes first, the oldest of it; then what is new; then what its owner was told already."""
        if self.known is None:
            return 1, 0.0
        return (2 if self.known.value.confirmed else 0), self.known.value.since


@dataclass(frozen=True, slots=True)
class Result:
    """A comparison that came to its end: how many records are expected, how many of them do not stand; `unsure`: some
    of them were seen but once, or not looked at. `room` is how full the zone is, if anybody knows."""

    zone: Zone
    records: int
    drifted: int
    unsure: bool
    room: Room | None


@dataclass(slots=True)
class Survey:
    """One comparison of `domain`, while the lease `mine` lasts. `pause_s` is left between two calls."""

    tools: Tools
    book: Book
    notes: Notes
    domain: str
    mine: Held
    pause_s: float
    _looks: int = field(default=0, init=False)
    _unsure: bool = field(default=False, init=False)

    async def run(self) -> Result | Refused | Unknown:
        """Compare everything; what the provider said if it would not let us. LeaseLost, BusError."""
        zone = await self.tools.zones.of(self.domain)
        if isinstance(zone, Refused | Unknown):
            return zone
        noted = {k: e for k, e in (await self.notes.bucket.entries()).items() if e.value.domain == self.domain}
        expected = await self.book.all_in(self.domain, self.tools.zones.domains)
        present = await self._listed(zone, expected)
        if isinstance(present, Refused | Unknown):
            return present
        suspects = [
            Suspect(wanted, drift_of(wanted.desired, present.get(name, ())), noted.pop(wanted.key, None))
            for name, wanted in expected.items()
        ]
        wrong = 0
        for suspect in sorted((one for one in suspects if one.drift or one.known), key=Suspect.urgency):
            is_wrong = await self._closer(zone, suspect)
            if isinstance(is_wrong, Refused | Unknown):
                return is_wrong
            wrong += is_wrong
        for key, known in noted.items():
            await self._left_over(key, known)
        room = await zone.room()
        return Result(zone, len(expected), wrong, self._unsure, room if isinstance(room, Room) else None)

    async def _listed(
        self, zone: Zone, expected: Mapping[str, Expected]
    ) -> Mapping[str, Sequence[Present]] | Refused | Unknown:
        """What the zone holds at the names that are `expected`."""
        found: defaultdict[str, list[Present]] = defaultdict(list)
        start = ""
        while True:
            page = await zone.records(start)
            if isinstance(page, Refused) and page.meaning is Meaning.CREDENTIALS:
                return await self._asked(zone, expected)
            if isinstance(page, Refused | Unknown):
                return page
            for listed in page.records:
                if listed.name in expected:
                    found[listed.name].append(listed.record)
            if page.following is None:
                return found
            start = page.following
            await self._pause()

    async def _asked(
        self, zone: Zone, expected: Mapping[str, Expected]
    ) -> Mapping[str, Sequence[Present]] | Refused | Unknown:
        """The same name by name, for a primary that gives us no transfer: a query is cheap there, and has no budget."""
        found: dict[str, Sequence[Present]] = {}
        for name in expected:
            present = await self.tools.zones.look(zone, name)
            if isinstance(present, Refused | Unknown):
                return present
            found[name] = present
            await self._pause(self.pause_s / 100)
        return found

    async def _closer(self, zone: Zone, suspect: Suspect) -> bool | Refused | Unknown:
        """Whether the name does not stand as it should, by a look of its own; what follows from that is done."""
        wanted, known = suspect.wanted, suspect.known
        if suspect.is_told and not self.notes.repairs:
            return True  # its owner knows, and there is nothing to do
        if self._looks >= MOST_LOOKS:
            self._unsure = True
            return True
        self._looks += 1
        await self._pause()
        present = await self.tools.zones.look(zone, wanted.desired.name)
        if isinstance(present, Refused) and present.meaning not in EVERYWHERE:
            log.warning("drift.unlooked", name=wanted.name, meaning=present.meaning.name)
            return True  # somebody may have made it unreadable: that must not hide what was done to the others
        if isinstance(present, Refused | Unknown):
            return present
        if await self.book.now(wanted.key) != wanted:
            self._unsure = self._unsure or known is not None
            return False  # an operation has begun, or ended, since we listed
        drift = drift_of(wanted.desired, present)
        if drift is None:
            if known is not None:
                await self.notes.healed(wanted.key, known, "by-itself")
                log.info("drift.over", name=wanted.name)
            return False
        certain = await self.notes.saw(wanted, self.domain, drift, known)
        log.warning("drift.found", name=wanted.name, kind=drift.kind, certain=certain is not None)
        if certain is None:
            self._unsure = True
            return True
        return not (certain.repairs and await self._mended(zone, wanted))

    async def _mended(self, zone: Zone, wanted: Expected) -> bool:
        match await mend(self.tools, self.book, zone, wanted):
            case Mended():
                noted = await self.notes.bucket.get(wanted.key)
                if noted is not None:
                    await self.notes.healed(wanted.key, noted, "repaired")
                log.info("drift.mended", name=wanted.name)
                return True
            case NotNow(why):
                log.warning("drift.unmended", name=wanted.name, why=why)
                return False

    async def _left_over(self, key: str, known: Noted) -> None:
        """A note of a name that is expected no more: forgotten, unless an operation is at work there."""
        try:
            stays = await self.book.is_changing(key) or await self.book.now(key) is not None
        except UNREADABLE:
            stays = True  # a name's record that is none: somebody has to look, and nothing else is held up by it
        if not stays:
            await self.notes.forget(key, known)

    async def _pause(self, seconds: float | None = None) -> None:
        await asyncio.sleep(self.pause_s if seconds is None else seconds)
        if not self.mine:
            raise LeaseLost
