"""That a released name is gone: at every authoritative address, proven, and out of every cache."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import msgspec
import pytest

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import Absent, Gone
from schemas.flows import FLOWS, Step
from services.dnssec_verifier.app import make_handlers, make_network, make_walker
from services.dnssec_verifier.handlers.prove_absence import ProveAbsence
from services.dnssec_verifier.handlers.settle_absence import SettleAbsence
from services.dnssec_verifier.propagation.trouble import Patience
from tests.contract.dnssec_verifier.town import URI, Town

FLOW = FLOWS["username.release"]
PROVE, SETTLE = FLOW.step("prove"), FLOW.step("settle")
SECOND = "127.0.0.4"


@dataclass
class Bench:
    """The handlers under test, made as the process makes them."""

    town: Town
    prove: ProveAbsence
    settle: SettleAbsence

    async def act(self, op: Operation, step: Step = PROVE) -> Outcome:
        return await (self.prove if step is PROVE else self.settle).act(op, step)

    async def healed(self, op: Operation, step: Step = PROVE) -> Outcome:
        """The outcome once it is no longer Wait."""
        async with asyncio.timeout(60):
            while isinstance(outcome := await self.act(op, step), Wait):
                await asyncio.sleep(min(outcome.after_s, 0.1))
        return outcome


@pytest.fixture
async def bench(town: Town) -> AsyncIterator[Bench]:
    settings = town.settings
    handlers = make_handlers(settings, make_network(settings), make_walker(settings))
    prove, settle = handlers["username.release", "prove"], handlers["username.release", "settle"]
    assert isinstance(prove, ProveAbsence)
    assert isinstance(settle, SettleAbsence)
    yield Bench(town, prove, settle)
    await town.control("reset-faults")


def absence_in(outcome: Outcome) -> Absent:
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.fact, Absent)
    return outcome.fact


async def test_the_absence_is_proven_at_every_address_and_the_longer_ttl_is_waited_for(bench: Bench) -> None:
    absent = absence_in(await bench.act(await bench.town.removed("nobody", ttl_s=77)))
    asked = {(probe.server.split(":")[0], probe.transport) for probe in absent.probes}
    assert asked == {(address, way) for address in ("127.0.0.3", "127.0.0.4") for way in ("udp", "tcp")}
    assert all(probe.ok for probe in absent.probes)
    assert (absent.verdict, absent.zones) == ("secure", (".", "test.", "shop.test."))
    assert absent.settles_at == pytest.approx(absent.at + 77)
    negative = absence_in(await bench.act(await bench.town.removed("nobody-else", ttl_s=0)))
    assert negative.settles_at > negative.at


async def test_a_record_that_is_still_there_is_waited_for(bench: Bench) -> None:
    await bench.town.put_txt("lingering", URI)
    op = await bench.town.removed("lingering")
    waiting = await bench.act(op)
    assert isinstance(waiting, Wait)
    assert "still there" in waiting.reason
    impatient = replace(bench.prove, patience=Patience(share=0))
    given_up = await impatient.act(op, PROVE)
    assert isinstance(given_up, Fail)
    assert (given_up.code, given_up.clean) == ("dns-not-propagated", True)


async def test_other_texts_at_the_name_do_not_matter(bench: Bench) -> None:
    await bench.town.put_txt("chatty", "v=spf1 -all")
    assert all(probe.ok for probe in absence_in(await bench.act(await bench.town.removed("chatty"))).probes)


async def test_one_server_that_is_behind_is_enough_to_wait(bench: Bench) -> None:
    await bench.town.put_txt("behind", URI)
    await bench.town.control("dns/faults", faults=["frozen"], addresses=[SECOND])
    name = f"behind.user._bitcoin-payment.{bench.town.world.domain}"
    await bench.town.control("dns/records", remove=[{"name": name, "type": "TXT"}])
    op = await bench.town.removed("behind")
    waiting = await bench.act(op)
    assert isinstance(waiting, Wait)
    assert SECOND in waiting.reason
    await bench.town.control("reset-faults")
    absence_in(await bench.healed(op))


async def test_nothing_is_gone_before_its_time(bench: Bench) -> None:
    op = await bench.town.removed("patient")
    absent = absence_in(await bench.act(op))
    op = await bench.town.say("dnssec-verifier", op, absent)
    early = replace(bench.settle, clock=lambda: absent.at)
    waiting = await early.act(op, SETTLE)
    assert isinstance(waiting, Wait)
    assert 300 <= waiting.after_s <= 302
    later = replace(bench.settle, clock=lambda: absent.settles_at + 0.1)
    outcome = await later.act(op, SETTLE)
    assert isinstance(outcome, Done)
    assert isinstance(outcome.fact, Gone)
    assert all(probe.ok for probe in outcome.fact.authoritative)


async def test_a_record_that_came_back_is_not_gone(bench: Bench) -> None:
    op = await bench.town.removed("returned")
    absent = msgspec.structs.replace(absence_in(await bench.act(op)), settles_at=time.time())
    op = await bench.town.say("dnssec-verifier", op, absent)
    await bench.town.put_txt("returned", URI)
    assert isinstance(await bench.act(op, SETTLE), Wait)
    impatient = replace(bench.settle, patience=Patience(share=0))
    given_up = await impatient.act(op, SETTLE)
    assert isinstance(given_up, Fail)
    assert given_up.code == "dns-not-propagated"
