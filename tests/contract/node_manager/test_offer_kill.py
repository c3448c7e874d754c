"""Offers while both of their workers are killed at every fact: each is made once, changed once, and nothing is left."""

import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from schemas.base import utc_text
from schemas.facts import OfferCreated, Offered, OfferReplaced
from schemas.flows import FLOWS, WorkerName
from schemas.offers import TermsChange
from schemas.records import OfferRecord
from schemas.requests import OfferDisable, OfferEnable, UsernameRotate
from tests.unit.edge.histories import sample
from tests.waiting import until

from .asking import Person
from .offering import active_of, creating, says
from .place import Place, a_place
from .test_offer_create import standing
from .test_offer_life import about, dearer
from .test_own_node import access_of, handed_over, register, replica_of
from .test_processes import start

OVERLAP_S = 2

OTHERS: tuple[WorkerName, ...] = ("dns-publisher", "dnssec-verifier")
"""Nobody runs them here: what they would do is stated."""
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


async def a_merchant(place: Place, *, announced: bool) -> tuple[Person, str]:
    """Somebody who has a node, an own one that is announced or one at Greenlight, and no process of ours."""
    if not announced:
        replica, person = await place.replica(), Person()
        node_id = await place.registered(person, "node", replica.instance)
        await place.signer(person)
    else:
        replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
        place.world.announce({"announced": True})
        await handed_over(place, person, "node", replica, access_of(files))
        assert (await place.ended(await register(place, person, "node", files.node_id))).has("ready")
        node_id = files.node_id
    await replica.stop()
    return person, node_id


@pytest.mark.timeout(300)
@pytest.mark.parametrize("announced", [False, True])
async def test_whoever_is_killed_at_whichever_fact_there_is_one_offer(place: Place, announced: bool) -> None:
    person, node_id = await a_merchant(place, announced=announced)
    pair = Pair(place)
    for module in MODULES:
        pair.hire(module)
    try:
        place.world.set_fault(lose_answer="Offer", times=2)
        made = await _killed_at_every_fact(pair, await place.ask(creating(person, "tea", node_id)))
        first = made.body("offer-created")
        assert isinstance(first, OfferCreated)
        assert (says(first.offer).paths == ()) is announced
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


@pytest.mark.timeout(300)
async def test_whoever_is_killed_at_whichever_fact_a_named_offer_is_changed_once(place: Place) -> None:
    person, node_id = await a_merchant(place, announced=False)
    pair = Pair(place)
    for module in MODULES:
        pair.hire(module)
    try:
        named = await _ended(place, await place.ask_name(person, "name", "alice", node_id))
        first = named.body("offered")
        assert isinstance(first, Offered)
        standing_before = await Bucket(place.edge, "offers", OfferRecord).get(f"{person.owner}.{named.ref.op}")
        assert standing_before is not None
        place.world.set_fault(lose_answer="Offer", times=2)
        request = UsernameRotate(
            op=person.op("dearer"),
            owner=person.owner,
            pubkey=person.pubkey,
            body_sha256="00" * 32,
            asked_at=utc_text(time.time()),
            username="alice",
            domain="shop.test",
            node_id=node_id,
            terms=TermsChange(amount_msat="9000"),
            offer_revision=standing_before.revision,
        )
        op = await _ended(place, await place.ask(request), pair)
    finally:
        pair.end()
    facts = [fact.name for fact in op.facts if fact.name not in op.flow.notes]
    assert facts == ["requested", *(step.done for step in op.flow.steps)]
    second = op.body("offered")
    assert isinstance(second, Offered)
    assert says(second.offer).amount == 9000
    assert active_of(place, node_id, named.ref.op) == [second.offer]
    record = await standing(place, person, named.ref.op)
    assert [version.bolt12 for version in record.versions] == [first.offer, second.offer]
    assert (record.state, record.terms.amount_msat, record.name) == ("active", "9000", "alice@shop.test")
    name = await place.name_record("alice")
    assert name is not None
    assert (name.offer, name.offer_op, name.changing) == (second.offer, op.ref.op, None)
    print(f"{pair.kills} kills")


async def _ended(place: Place, ref: OpRef, pair: Pair | None = None) -> Operation:
    """The operation once it is over, those who run nowhere having acted; `pair` died whenever it had moved."""
    op = await _moved(place, ref, 0)
    while isinstance(where := slip.position(op), slip.Todo):
        if pair is not None:
            pair.murder()
        if where.step.worker in OTHERS:
            bus = await connect(place.settings, where.step.worker)
            answer = await ledger.append(bus, op, slip.advance(op, sample(where.step.done, op.flow.name)))
            await bus.close()
            assert isinstance(answer, ledger.Committed)
        op = await _moved(place, ref, len(op.facts))
    assert isinstance(where, slip.Finished), op.facts[-1]
    return op


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
