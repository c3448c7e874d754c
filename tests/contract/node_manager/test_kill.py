"""node-manager under SIGKILL again and again: nodes and offers come out once; an owner only sends its words again."""

import asyncio
import contextlib
import random
import subprocess
from dataclasses import dataclass, field

import msgspec
import pytest
from nats.errors import Error as NatsError

from bus.buckets.kv import Bucket
from bus.operations.facts import OpRef
from schemas.facts import Offered
from schemas.records import SealingKey
from services.node_manager.offers.offering import label_of
from tests.waiting import until

from .asking import Person
from .place import Place
from .test_processes import start

PEOPLE = 6
KILLS = 6


@dataclass
class Crew:
    """Two replicas as processes; a killed one is replaced."""

    place: Place
    alive: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    born: int = 0

    async def hire(self) -> None:
        """One more replica, once its key is announced."""
        self.born += 1
        name = f"r{self.born}"
        settings = msgspec.structs.replace(self.place.settings, instance=name)
        process = start("services.node_manager", settings, self.place.folder / f"{name}.log")
        bucket = Bucket(self.place.edge, "keys", SealingKey)

        async def announced() -> bool:
            return await bucket.get(name) is not None

        self.started.append(process)
        await until(announced)
        self.alive[name] = process

    async def murder(self) -> None:
        """SIGKILL one at random and replace it."""
        name = random.choice(sorted(self.alive))
        process = self.alive.pop(name)
        process.kill()
        process.wait()
        await self.hire()

    def end(self) -> None:
        """Kill everybody."""
        for process in self.started:
            process.kill()
            process.wait()


async def insist(place: Place, crew: Crew, person: Person, ref: OpRef) -> str:
    """Send the words to somebody alive until the node is registered, as an owner's device would; the node id."""
    node_id = ""
    while "registered" not in await place.names(ref):
        with contextlib.suppress(NatsError):
            node_id = await place.send_seed(person, "node", random.choice(sorted(crew.alive)))
        if node_id and not await place.names(ref):
            await place.ask_node(person, "node", node_id)
        await asyncio.sleep(0.5)  # an owner's patience, not a condition
    return node_id


@pytest.mark.timeout(240)
async def test_every_node_and_every_offer_comes_out_once(place: Place) -> None:
    crew, people = Crew(place), [Person() for _ in range(PEOPLE)]
    nodes = [OpRef(person.owner, person.op("node")) for person in people]
    await place.offer_builder()
    await crew.hire()
    await crew.hire()
    place.world.set_boot_delay(1.0)  # so that the kills fall into the middle of things
    place.world.set_fault(lose_answer="Register", times=3)
    try:
        insisting = [asyncio.create_task(insist(place, crew, p, ref)) for p, ref in zip(people, nodes, strict=True)]
        for _ in range(KILLS // 2):
            await crew.murder()
        ids = await asyncio.gather(*insisting)
        ready = [await place.ended(ref, within_s=90) for ref in nodes]
        await asyncio.gather(*(place.signer(person) for person in people))
        place.world.set_fault(lose_answer="Offer", stall="ListOffers", times=4)
        names = [await place.ask_name(p, "name", f"seller{n}x", ids[n]) for n, p in enumerate(people)]
        for _ in range(KILLS // 2):
            await crew.murder()
        composed = [await place.reaches(ref, "composed", within_s=90) for ref in names]
    finally:
        crew.end()
    for op in ready:
        assert [fact.name for fact in op.facts if fact.name != "seed-lost"][-1] == "ready"
    for op, node_id in zip(composed, ids, strict=True):
        fact = op.body("offered")
        assert isinstance(fact, Offered)
        mine = [row for row in place.offers(node_id) if row["active"] and row["label"] == label_of(op.ref.op)]
        assert [row["offerId"] for row in mine] == [fact.offer_id]
    print(
        f"{KILLS} kills, {sum(len(place.devices(node_id)) for node_id in ids)} device certificates for {PEOPLE} nodes"
    )
