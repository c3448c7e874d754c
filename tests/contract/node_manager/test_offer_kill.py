"""Offers while both of their workers are killed at every fact: each is made once, changed once, and nothing is left."""

import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bus import ledger
from bus.operation import Operation, OpRef
from schemas.facts import OfferCreated, OfferReplaced
from schemas.flows import FLOWS
from schemas.requests import OfferDisable, OfferEnable

from .asking import Person, until
from .offering import active_of, creating
from .place import Place, a_place
from .test_offer_create import standing
from .test_offer_life import about, dearer
from .test_processes import start

OVERLAP_S = 2

MODULES = ("services.node_manager", "services.offer_builder")


@dataclass
class Pair:
    """One process of each worker; who is killed is replaced at once."""

    place: Place
    alive: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    kills: int = 0

    def hire(self, module: str) -> None:
        """A new process of a worker."""
        self.alive[module] = start(module, self.place.settings, self.place.folder / f"{module}-{self.kills}.log")

    def murder(self) -> None:
        """SIGKILL both."""
        for module in MODULES:
            self.alive[module].kill()
            self.alive[module].wait()
            self.kills += 1
            self.hire(module)

    def end(self) -> None:
        """Kill whoever is left."""
        for process in self.alive.values():
            process.kill()
            process.wait()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place where a former version goes soon."""
    async with a_place(tmp_path, record_ttl_s=OVERLAP_S, sweep_after_s=2.0) as found:
        yield found


@pytest.mark.timeout(300)
async def test_whoever_is_killed_at_whichever_fact_there_is_one_offer(place: Place) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "node", replica.instance)
    await place.signer(person)
    await replica.stop()
    pair = Pair(place)
    for module in MODULES:
        pair.hire(module)
    try:
        place.world.set_fault(lose_answer="Offer", times=2)
        made = await _killed_at_every_fact(pair, await place.ask(creating(person, "tea", node_id)))
        first = made.body("offer-created")
        assert isinstance(first, OfferCreated)
        assert active_of(place, node_id, first.offer_id) == [first.offer]
        place.world.set_fault(lose_answer="Offer", times=2)
        done = await _killed_at_every_fact(pair, await place.ask(dearer(person, "dearer", first.offer_id)))
        replaced = done.body("offer-replaced")
        assert isinstance(replaced, OfferReplaced)
        assert active_of(place, node_id, first.offer_id) == [replaced.offer]
        for kind, left in ((OfferDisable, []), (OfferEnable, [replaced.offer])):
            await _killed_at_every_fact(pair, await place.ask(about(person, kind, kind.__name__, first.offer_id)))
            assert active_of(place, node_id, first.offer_id) == left
    finally:
        pair.end()
    record = await standing(place, person, first.offer_id)
    assert [version.bolt12 for version in record.versions] == [first.offer, replaced.offer]
    assert (record.state, record.changing) == ("active", None)
    print(f"{pair.kills} kills")


async def _killed_at_every_fact(pair: Pair, ref: OpRef) -> Operation:
    """The operation, whose workers died whenever it had moved."""
    op = await _moved(pair.place, ref, 0)
    while len(op.facts) <= len(FLOWS[op.flow.name].steps):
        pair.murder()
        op = await _moved(pair.place, ref, len(op.facts))
    return await pair.place.ended(ref)


async def _moved(place: Place, ref: OpRef, facts: int) -> Operation:
    """The operation once it has more than `facts`."""

    async def more() -> bool:
        op = await ledger.read(place.edge, ref)
        return op is not None and len(op.facts) > facts

    await until(more, within_s=90)
    op = await ledger.read(place.edge, ref)
    assert op is not None
    return op
