"""The one writer of bucket `zones`: every change is a compare-and-set of a whole record, decided on what stands.

A claim needs no release: an operation that ended, however, claims nothing any more. So nobody who dies leaves a zone
locked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import msgspec

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.operations import ledger, slip
from bus.operations.facts import Operation
from schemas.ids import OpId
from schemas.records import Hold, Streak, ZoneRecord
from schemas.zones import Ds, Span, ZoneState, state_of

Turn = Callable[[ZoneRecord | None], ZoneRecord | None]


@dataclass(frozen=True, slots=True)
class Claimed:
    """The zone is the operation's."""

    record: ZoneRecord


@dataclass(frozen=True, slots=True)
class Busy:
    """Another operation changes it."""

    op: OpId


@dataclass(frozen=True, slots=True)
class OnHold:
    """It is held."""

    hold: Hold


@dataclass(frozen=True, slots=True)
class ZoneDesk:
    """Reads and writes the records."""

    bus: Bus

    @property
    def _bucket(self) -> Bucket[ZoneRecord]:
        return Bucket(self.bus, "zones", ZoneRecord)

    async def standing(self, zone: str) -> ZoneRecord | None:
        """The record of `zone` now."""
        entry = await self._bucket.get(zone)
        return None if entry is None else entry.value

    async def change(self, zone: str, turn: Turn) -> None:
        """Write what `turn` makes of what stands (None: nothing); asked again as long as somebody else is first."""
        while True:
            entry, revision = await self._bucket.standing(zone)
            before = None if entry is None else entry.value
            after = turn(before)
            if after is None or after == before or await self._bucket.update(zone, after, revision) is not None:
                return

    async def claim(
        self, op: Operation, zone: str, former: tuple[Ds, ...], now: float, keys_ttl_s: int
    ) -> Claimed | Busy | OnHold:
        """Make the zone `op`'s, unless another open operation has it, or it is held; its keys have that TTL now."""
        over: set[OpId] = set()
        while True:
            verdict: Claimed | Busy | OnHold | None = None

            def turn(before: ZoneRecord | None) -> ZoneRecord | None:
                nonlocal verdict
                fresh = ZoneRecord(
                    zone=zone,
                    state="unsigned" if op.flow.name == "zone.sign" else "secure",
                    since=now,
                    op=op.ref.op,
                    ds=former,
                    keys_ttl_s=keys_ttl_s,
                )
                verdict = _claim(op, fresh, before, over)
                return verdict.record if isinstance(verdict, Claimed) else before

            await self.change(zone, turn)
            match verdict:
                case Claimed() | OnHold():
                    return verdict
                case Busy(op=other) if other not in over and await self._is_over(other):
                    over.add(other)
                case Busy():
                    return verdict
                case None:
                    raise AssertionError("a turn is always asked")
                case _ as never:
                    assert_never(never)

    async def ended(self, op: Operation, zone: str, state: ZoneState, ds: tuple[Ds, ...], now: float) -> None:
        """`op` brought the zone into `state`, with `ds` at the parent."""

        def turn(before: ZoneRecord | None) -> ZoneRecord | None:
            if before is None or not is_mine(before, op):
                return before
            return msgspec.structs.replace(in_state(before, state, now), ds=ds, streak=None, waits_for="")

        await self.change(zone, turn)

    async def free(self, op: Operation, zone: str, now: float) -> None:
        """The zone is nobody's, in the state the facts of `op` put it in."""

        def turn(before: ZoneRecord | None) -> ZoneRecord | None:
            if before is None or not is_mine(before, op):
                return before
            moved = in_state(before, current_state(op, before.state), now)
            return msgspec.structs.replace(moved, op=None, streak=None, waits_for="")

        await self.change(zone, turn)

    async def saw(self, op: Operation, zone: str, streak: Streak, waits_for: str, keys_ttl_s: int) -> None:
        """Take down what was seen last, and the state the facts put the zone in; an older look adds only its TTL."""

        def turn(before: ZoneRecord | None) -> ZoneRecord | None:
            if before is None or not is_mine(before, op):
                return before
            newer = before.streak is None or before.streak.step != streak.step or before.streak.at <= streak.at
            known = msgspec.structs.replace(before, keys_ttl_s=max(before.keys_ttl_s, keys_ttl_s))
            moved = in_state(known, current_state(op, before.state), streak.at)
            return msgspec.structs.replace(moved, streak=streak, waits_for=waits_for) if newer else known

        await self.change(zone, turn)

    async def hold(self, zone: str, hold: Hold) -> None:
        """Hold the zone; one that is held already stays as it is."""

        def turn(before: ZoneRecord | None) -> ZoneRecord | None:
            known = before or ZoneRecord(zone=zone, state="unsigned", since=hold.since)
            return known if known.held is not None else msgspec.structs.replace(known, held=hold)

        await self.change(zone, turn)

    async def resume(self, zone: str, now: float) -> None:
        """End the hold, if there is one: nobody's time ran while it lasted."""

        def turn(before: ZoneRecord | None) -> ZoneRecord | None:
            if before is None or before.held is None:
                return before
            holds = (*before.holds, Span(since=before.held.since, until=max(now, before.held.since)))
            return msgspec.structs.replace(before, held=None, holds=holds, streak=None)

        await self.change(zone, turn)

    async def _is_over(self, op: OpId) -> bool:
        found = await ledger.find(self.bus, op)
        return found is None or isinstance(slip.position(found), slip.Finished)


def is_mine(record: ZoneRecord | None, op: Operation) -> bool:
    """Whether `op` may change the zone."""
    return record is not None and record.op == op.ref.op


def current_state(op: Operation, before: ZoneState) -> ZoneState:
    """The state in which the facts of `op` put its zone."""
    return state_of(op.flow.name, (fact.name for fact in op.facts)) or before


def in_state(record: ZoneRecord, state: ZoneState, now: float) -> ZoneRecord:
    """`record` in `state`, since now unless it was."""
    return record if record.state == state else msgspec.structs.replace(record, state=state, since=now)


def _claim(op: Operation, fresh: ZoneRecord, before: ZoneRecord | None, over: set[OpId]) -> Claimed | Busy | OnHold:
    if is_mine(before, op) and before is not None:
        return Claimed(before)
    if before is not None and before.held is not None:
        return OnHold(before.held)
    if before is not None and before.op is not None and before.op not in over:
        return Busy(before.op)
    return Claimed(fresh)
