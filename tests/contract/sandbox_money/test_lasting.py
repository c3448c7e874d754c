"""Money outlives the process: whole worlds that stop and start, and a ledger that is killed between any two lines."""

import asyncio
import contextlib
import random
import subprocess
import sys
from pathlib import Path

from services.sandbox.greenlight import GreenlightWorld
from services.sandbox.greenlight.money.ledger import Ledger
from services.sandbox.greenlight.money.rows import Status
from tests.contract.greenlight.client import Desk, Owned, desk, until

from .payer import CAPACITY
from .person import Person, adds_up

ROOT = Path(__file__).resolve().parents[3]


async def test_a_payment_on_its_way_survives_a_restart(
    people: tuple[Person, Person], world: GreenlightWorld, tmp_path: Path
) -> None:
    alice, bob = people
    async with contextlib.AsyncExitStack() as signers:
        for person in people:
            await signers.enter_async_context(person.signing())
        alice.fund(1_000_000)
        made = await bob.invoice("order 1", 5_000)
        alice.fault("late", forS=600)
        paying = asyncio.create_task(alice.pay(made.bolt11))
        await until(lambda: adds_up(world)["moving"] > 0)
        before = adds_up(world)
        await world.stop()
        assert isinstance(await asyncio.gather(paying, return_exceptions=True), list)
    again = GreenlightWorld(tmp_path / "greenlight", boot_delay_s=0.0, network="regtest")
    async with desk(await again.start()) as opened, contextlib.AsyncExitStack() as signers:
        assert adds_up(again) == before
        back = [await moved(again, opened, person) for person in people]
        for person in back:
            await signers.enter_async_context(person.signing())
        again.reset_faults()
        await until(lambda: adds_up(again)["moving"] == 0)
        paid = await back[0].pay(made.bolt11)
        assert paid.payment_hash == made.payment_hash
        assert (await back[1].wait_invoice(0)).label == "order 1"
        assert adds_up(again)["earned"] == paid.amount_sent_msat.msat - 5_000
    await again.stop()


async def moved(world: GreenlightWorld, opened: Desk, person: Person) -> Person:
    """The same person in the next life of the world."""
    old = person.owned
    owned = Owned(opened, old.keys, old.device, old.chain, old.rune)
    return Person(world, owned, await owned.schedule())


def test_a_ledger_killed_at_any_moment_has_all_it_said_and_adds_up(tmp_path: Path) -> None:
    file, said, rng = tmp_path / "money.db", dict[int, str](), random.Random(7)
    ledger = Ledger(file, CAPACITY)
    ledger.fund("alice", CAPACITY)
    ledger.close()
    for _ in range(4):
        command = [sys.executable, "-m", "tests.contract.sandbox_money.payer", str(file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as paying:
            assert paying.stdout
            for _ in range(rng.randint(1, 60)):
                status, number = paying.stdout.readline().split()
                said[int(number)] = status
            paying.kill()
            for line in paying.stdout:
                if line.endswith("\n"):
                    status, number = line.split()
                    said[int(number)] = status
        ledger = Ledger(file, CAPACITY)
        assert ledger.broken() == ()
        assert ledger.totals().funded == CAPACITY
        for part, told in said.items():
            # Killed after the change and before it was told: only the last one can be further than it was said to be.
            further = told == Status.PENDING.value and part == max(said)
            assert ledger.part(part).status.value == told or further
        ledger.close()
    assert len(said) > 4
