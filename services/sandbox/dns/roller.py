"""A zone that rolls its key-signing key by itself, as Knot does (RFC 6781 §4.1.2, double signature).

Guarantees: the old key goes only when no cache can need it any more; a roll goes on after a restart where it stood.
"""

import asyncio
import contextlib
import time
from typing import assert_never

import msgspec
from dns.name import Name

from services.sandbox.dns.children import Children
from services.sandbox.dns.universe import Universe
from services.sandbox.state import Announced, RollPhase, StoredRoll, StoredZone

TICK_S = 0.05
MARGIN_S = 0.5


def advance(stored: StoredZone, roll: StoredRoll, now: float, lag_s: float, *, parent_has_new: bool) -> StoredZone:
    """`stored` one phase further, if it is time (`now`: seconds since 1970; `lag_s`: how far secondaries are behind).

    `parent_has_new`: every address of the parent shows the DS of the new key and no other.
    """
    waited = now - roll.since - lag_s - MARGIN_S
    match roll.phase:
        case RollPhase.PUBLISHED if waited >= stored.ttl_s:
            ksks = tuple(msgspec.structs.replace(ksk, announced=ksk.id not in roll.leaving) for ksk in stored.ksks)
            further = msgspec.structs.replace(roll, phase=RollPhase.SUBMITTED, since=now)
            return msgspec.structs.replace(stored, ksks=ksks, announced=Announced.KEYS, roll=further)
        case RollPhase.SUBMITTED if parent_has_new:
            return msgspec.structs.replace(
                stored, roll=msgspec.structs.replace(roll, phase=RollPhase.RETIRED, since=now)
            )
        case RollPhase.RETIRED if waited >= roll.ds_ttl_s:
            ksks = tuple(ksk for ksk in stored.ksks if ksk.id not in roll.leaving)
            return msgspec.structs.replace(stored, ksks=ksks, roll=None)
        case RollPhase.PUBLISHED | RollPhase.SUBMITTED | RollPhase.RETIRED:
            return stored
        case _:
            assert_never(roll.phase)


class Roller:
    """Rolls the keys of zones that were told to."""

    def __init__(self, universe: Universe, children: Children) -> None:
        self._universe = universe
        self._children = children
        self._begun = asyncio.Event()

    def begin(self, origin: Name) -> None:
        """Make a new key for `origin` and start; raises ValueError when it is unsigned or already rolling."""
        stored = self._children.get(origin)
        if not stored.signed or stored.roll is not None:
            raise ValueError(f"{origin} is not signed or already rolls")
        leaving = tuple(ksk.id for ksk in stored.ksks)
        roll = StoredRoll(
            phase=RollPhase.PUBLISHED, since=time.time(), leaving=leaving, ds_ttl_s=self._children.ds_ttl_s(origin)
        )
        with_key = self._children.with_new_ksk(stored, announced=False)
        self._children.put(origin, msgspec.structs.replace(with_key, roll=roll))
        self._begun.set()

    async def run(self) -> None:
        """Carry rolls on, until cancelled."""
        while True:
            self._begun.clear()
            rolling = [origin for origin in self._children.origins() if self._step(origin)]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S if rolling else None):
                    await self._begun.wait()

    def _step(self, origin: Name) -> bool:
        """Carry one zone on; whether it still rolls."""
        stored = self._children.get(origin)
        if stored.roll is None:
            return False
        staying = [ksk for ksk in stored.ksks if ksk.id not in stored.roll.leaving]
        has_new = set(self._children.parent_ds(origin)) == set(self._children.ds(origin, staying))
        lag_s = self._universe.times.secondary_lag
        further = advance(stored, stored.roll, time.time(), lag_s, parent_has_new=has_new)
        if further != stored:
            self._children.put(origin, further)
        return further.roll is not None
