"""Keeping every owner's lists: what LEDGER opened, in the order in which it did, noted in bucket `lists`.

Nothing is decided on it, and nothing is lost with it: an edge reads what the index does not have yet from LEDGER, and a
bucket or a LEDGER that somebody makes again is gone through again from the first fact that is kept. One process works
at a time; two, or one that died between two lines, write the same, and whoever saw an older list writes nothing
(compare-and-set). That everything up to a sequence is listed is only said once it is.
"""

import asyncio
import secrets
from collections import defaultdict

import structlog

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.client import direct
from bus.client.connection import Bus
from bus.operations import ledger
from bus.rounds.patrol import patrol
from bus.tables import subjects
from schemas.flows import REQUESTED
from schemas.ids import Owner
from schemas.lists import LIST_OF, OPENED_BY, WHOLE, ListName
from schemas.records import ListedOp, ListRecord
from services.notifier.listing import with_opened

LEASE = "lists"
EVERY_S = 1.0
"""How far the lists may lag: what edges read from LEDGER instead is what was opened in that time."""
BATCH = 512
AT_ONCE = 64 * BATCH
"""Facts that are gone through before that is said: the more, the fewer writes for each owner."""

log = structlog.stdlib.get_logger("notifier")

_Opened = dict[tuple[Owner, ListName], list[ListedOp]]


async def run_lists(bus: Bus, stopping: asyncio.Event) -> None:
    """List until `stopping`, whenever this process holds the lease."""
    lists = Lists(bus)
    await patrol(bus, LEASE, EVERY_S, stopping, lists.look)


class Lists:
    """Lists what was opened since anybody last did."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._bucket = Bucket(bus, "lists", ListRecord)

    async def look(self, ours: Held) -> None:
        """One round: until everything is listed, for as long as it is `ours` to do."""
        whole, revision = await self._whole()
        while ours:
            opened, up_to = await self._opened_after(whole.up_to)
            if up_to == whole.up_to:
                if await ledger.last_seq(self._bus) < up_to:
                    await self._begin(revision)  # it is the index of a LEDGER that is not this one
                return
            kept_from = await ledger.first_seq(self._bus)
            for (owner, name), ops in opened.items():
                if not await self._list(f"{owner}.{name}", ops, whole.index, kept_from):
                    return
            whole = ListRecord(index=whole.index, up_to=up_to)
            written = await self._bucket.update(WHOLE, whole, revision)
            if written is None:
                return  # another process lists, or the bucket was made again: the next round looks
            revision = written
            log.debug("lists.grown", up_to=up_to, lists=len(opened))

    async def _whole(self) -> tuple[ListRecord, int]:
        """How far the index goes and its revision; one that is not there is begun before anything is in it."""
        while True:
            entry, revision = await self._bucket.standing(WHOLE)
            if entry is not None:
                return entry.value, revision
            await self._begin(revision)

    async def _begin(self, revision: int) -> None:
        """Begin another index, unless somebody else has at `revision`."""
        begun = ListRecord(index=secrets.token_hex(8))
        if await self._bucket.update(WHOLE, begun, revision) is not None:
            log.warning("lists.begun", index=begun.index)

    async def _opened_after(self, after: int) -> tuple[_Opened, int]:
        """What was opened after LEDGER sequence `after` by list, and up to which sequence that is all there was.

        Every fact is gone through: for a pattern the server would count all that match it for each answer.
        """
        opened: _Opened = defaultdict(list)
        for _ in range(AT_ONCE // BATCH):
            page = await direct.following(self._bus, ledger.STREAM, subjects.EVERYTHING, after, BATCH, None)
            for stored in page:
                after, subject = stored.seq, subjects.parse_saga(stored.subject)
                name = LIST_OF.get(stored.headers.get(ledger.FLOW_HEADER, ""))
                if name is not None and (subject.fact, subject.next) == (REQUESTED, OPENED_BY):
                    opened[subject.owner, name].append(ListedOp(seq=stored.seq, op=subject.op))
            if len(page) < BATCH:
                break
        return opened, after

    async def _list(self, key: str, ops: list[ListedOp], index: str, kept_from: int) -> bool:
        """Whether all of `ops` are in the list now; False: there is another index."""
        while True:
            entry, revision = await self._bucket.standing(key)
            if entry is not None and entry.value.index != index:
                whole, _ = await self._whole()
                if whole.index != index:
                    return False
            longer = with_opened(entry.value if entry else None, ops, index, kept_from)
            if longer is None:
                return True
            for first, page in longer.pages.items():
                await self._bucket.put(f"{key}.{first}", page)
            if await self._bucket.update(key, longer.newest, revision) is not None:
                return True
