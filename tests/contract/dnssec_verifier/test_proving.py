"""P1, P2, P3 and P4 against the sandbox's real DNS: what must survive, and the code of the problem an owner sees."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import msgspec
import pytest

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from bus.workers.running import run_worker
from schemas.facts import Authoritative, Propagating, Published, Verified
from schemas.flows import FLOWS, Step
from services.dnssec_verifier.app import make_handlers, make_looker, make_network, make_walker, make_zone_handlers
from services.dnssec_verifier.handlers.prove import Prove
from services.dnssec_verifier.handlers.settle import Settle
from services.dnssec_verifier.propagation.trouble import Patience
from services.dnssec_verifier.transport.resolvers import server_of
from tests.contract.dnssec_verifier.town import URI, Town
from tests.waiting import until

FLOW = FLOWS["username.register"]
PROVE, SETTLE = FLOW.step("prove"), FLOW.step("settle")
SECOND = "127.0.0.4"


@dataclass
class Bench:
    """The handlers under test, made as the process makes them."""

    town: Town
    prove: Prove
    settle: Settle

    async def act(self, op: Operation, step: Step = PROVE) -> Outcome:
        return await (self.prove if step is PROVE else self.settle).act(op, step)

    def impatient(self) -> "Bench":
        """The same with no patience at all for what needs a person."""
        patience = Patience(bogus_s=0, insecure_s=0, foreign_s=0, share=0)
        return Bench(self.town, replace(self.prove, patience=patience), replace(self.settle, patience=patience))

    async def healed(self, op: Operation, step: Step = PROVE) -> Outcome:
        """The outcome once it is no longer Wait."""
        deadline = time.monotonic() + 60
        while isinstance(outcome := await self.act(op, step), Wait):
            assert time.monotonic() < deadline, outcome
            await asyncio.sleep(min(outcome.after_s, 0.1))
        return outcome


@pytest.fixture
async def bench(town: Town, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """Only who waits for silence waits shortly: anybody else would take a machine that stands still for a fault."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None and callspec.params.get("fault") in ("silent", "drop-udp"):
        town.settings = msgspec.structs.replace(town.settings, dns_timeout_s=1.0)
    settings = town.settings
    handlers = make_handlers(settings, make_network(settings), make_walker(settings))
    prove, settle = handlers["username.register", "prove"], handlers["username.register", "settle"]
    assert isinstance(prove, Prove)
    assert isinstance(settle, Settle)
    yield Bench(town, prove, settle)
    await town.control("reset-faults")


def proof_in(outcome: Outcome) -> Authoritative:
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.fact, Authoritative)
    return outcome.fact


async def test_every_address_over_both_transports_is_asked(bench: Bench) -> None:
    proof = proof_in(await bench.act(await bench.town.published("anna")))
    asked = {(probe.server.split(":")[0], probe.transport) for probe in proof.probes}
    assert asked == {(address, way) for address in ("127.0.0.3", "127.0.0.4") for way in ("udp", "tcp")}
    assert all(probe.ok for probe in proof.probes)
    assert proof.zones == (".", "test.", "shop.test.")
    assert proof.valid_from <= proof.at <= proof.valid_until
    assert proof.verdict == "secure"


async def test_the_clock_of_p4_counts_what_a_rotation_replaces_even_if_the_provider_had_lost_it(bench: Bench) -> None:
    op = await bench.town.rotating("rotated", "x" * 26, URI, ttl_s=77)
    await bench.town.put_txt("rotated", URI, 77)
    owner_name = "rotated.user._bitcoin-payment.shop.test."
    fact = Published(
        owner_name=owner_name, zone="shop.test.", record_id="r", content_sha256="", ttl_s=77, previous_ttl_s=None
    )
    proof = proof_in(await bench.healed(await bench.town.say("dns-publisher", op, fact)))
    assert proof.settles_at == pytest.approx(proof.at + 77)


async def test_the_clock_of_p4(bench: Bench) -> None:
    """settles_at = at + max(previous TTL, negative TTL) + margin; the sandbox's negative TTL is 2 s by default."""
    op = await bench.town.published("clock")
    proof = proof_in(await bench.act(op))
    assert proof.settles_at - proof.at == pytest.approx(2.0)
    late = Bench(bench.town, replace(bench.prove, margin_s=60.0), bench.settle)
    proof = proof_in(await late.act(op))
    assert proof.settles_at - proof.at == pytest.approx(62.0)


async def test_no_resolver_is_asked_before_p1(bench: Bench) -> None:
    op = await bench.town.published("patient", stored=False)
    name = "patient.user._bitcoin-payment.shop.test."
    waiting = await bench.act(op)
    assert isinstance(waiting, Wait)
    assert isinstance(waiting.note, Propagating)
    assert (waiting.note.right, waiting.note.servers) == (0, 2)
    await bench.town.put_txt("patient", URI)
    proof = proof_in(await bench.act(op))
    queries = (await bench.town.state())["dns"]["resolverQueries"]
    assert not [query for query in queries if query["name"] == name]
    op = await bench.town.say("dnssec-verifier", op, replace_times(proof, settles_at=proof.at))
    assert isinstance(await bench.act(op, SETTLE), Done)
    queries = (await bench.town.state())["dns"]["resolverQueries"]
    assert len({query["resolver"] for query in queries if query["name"] == name}) == 3


def replace_times(proof: Authoritative, **times: float) -> Authoritative:
    return msgspec.structs.replace(proof, **times)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("stale", "dns-not-propagated"),
        ("silent", "dns-not-propagated"),
        ("refuse-tcp", "dns-not-propagated"),
        ("drop-udp", "dns-not-propagated"),
        ("servfail", "dns-not-propagated"),
        ("bogus", "dnssec-bogus"),
        ("expired", "dnssec-bogus"),
        ("unsigned", "dnssec-bogus"),
    ],
)
async def test_one_server_wrong(bench: Bench, fault: str, code: str) -> None:
    """Not done while one server is wrong; it may heal; if it lasts, the owner is told what is wrong and where."""
    await bench.town.control("dns/faults", faults=[fault], addresses=[SECOND])
    op = await bench.town.published(f"one-{fault}")
    waiting = await bench.act(op)
    assert isinstance(waiting, Wait)
    if isinstance(waiting.note, Propagating):  # a chain that another server's answer already breaks counts nobody
        assert (waiting.note.right, waiting.note.servers) == (1, 2)
    given_up = await bench.impatient().act(op)
    assert isinstance(given_up, Fail)
    assert (given_up.code, given_up.clean) == (code, True)
    assert SECOND in given_up.detail
    await bench.town.control("dns/faults", faults=[], addresses=[])
    proof_in(await bench.healed(op))


@pytest.mark.parametrize(
    ("fault", "code"), [("bogus", "dnssec-bogus"), ("expired", "dnssec-bogus"), ("silent", "dnssec-indeterminate")]
)
async def test_every_server_wrong(bench: Bench, fault: str, code: str) -> None:
    await bench.town.control("dns/faults", faults=[fault], addresses=["127.0.0.3", "127.0.0.4"])
    op = await bench.town.published(f"all-{fault}")
    assert isinstance(await bench.act(op), Wait)
    given_up = await bench.impatient().act(op)
    assert isinstance(given_up, Fail)
    assert given_up.code == code


async def test_a_second_payment_record(bench: Bench) -> None:
    op = await bench.town.published("second")
    await bench.town.put_txt("second", "bitcoin:?lno=lno1other")
    assert isinstance(await bench.act(op), Wait)
    given_up = await bench.impatient().act(op)
    assert isinstance(given_up, Fail)
    assert given_up.code == "dns-foreign-record"


async def test_other_bytes_or_another_ttl_are_not_right(bench: Bench) -> None:
    for username, uri, ttl_s in (("bytes", URI + "q", 300), ("ttl", URI, 301)):
        op = await bench.town.published(username, stored=False)
        await bench.town.put_txt(username, uri, ttl_s)
        assert isinstance(await bench.act(op), Wait)


async def test_settling_waits_and_looks_again(bench: Bench) -> None:
    op = await bench.town.published("settling")
    proof = proof_in(await bench.act(op))
    op = await bench.town.say("dnssec-verifier", op, replace_times(proof, at=proof.at - 10, settles_at=proof.at + 0.5))
    early = replace(bench.settle, clock=lambda: proof.at + 0.1)
    waiting = await early.act(op, SETTLE)
    assert isinstance(waiting, Wait)
    assert waiting.after_s == pytest.approx(0.4, abs=0.001)
    await asyncio.sleep(max(0.0, proof.at + 0.5 - time.time()))
    await bench.town.control("dns/faults", faults=["bogus"], addresses=[SECOND])
    assert isinstance(await bench.act(op, SETTLE), Wait)
    assert isinstance(await bench.impatient().act(op, SETTLE), Fail)
    await bench.town.control("dns/faults", faults=[], addresses=[])
    done = await bench.healed(op, SETTLE)
    assert isinstance(done, Done)
    assert isinstance(done.fact, Verified)
    assert (len(done.fact.authoritative), len(done.fact.resolvers)) == (4, 3)
    assert done.fact.visible is all(probe.ok for probe in done.fact.resolvers)  # they may still be behind
    assert done.fact.took_s > 0


async def test_nothing_to_wait_for_means_no_wait(bench: Bench) -> None:
    op = await bench.town.published("prompt")
    proof = proof_in(await bench.act(op))
    op = await bench.town.say("dnssec-verifier", op, replace_times(proof, settles_at=proof.at))
    assert isinstance(await bench.act(op, SETTLE), Done)


async def test_resolvers_that_do_not_answer_block_nothing(bench: Bench) -> None:
    op = await bench.town.published("deaf")
    proof = proof_in(await bench.act(op))
    op = await bench.town.say("dnssec-verifier", op, replace_times(proof, settles_at=proof.at))
    nobody = server_of(f"127.0.0.9:{bench.town.settings.dns_port}")
    deaf = replace(bench.settle, resolvers=(nobody,), timeout_s=1.0)
    done = await deaf.act(op, SETTLE)
    assert isinstance(done, Done)
    assert isinstance(done.fact, Verified)
    assert [probe.ok for probe in done.fact.resolvers] == [False]
    assert not done.fact.visible


async def test_the_worker_goes_from_published_to_verified_by_timers(bench: Bench) -> None:
    town, stopping = bench.town, asyncio.Event()
    op = await town.published("worker", stored=False)
    network, walker, bus = make_network(town.settings), make_walker(town.settings), await town.bus("dnssec-verifier")
    zones = make_zone_handlers(town.settings, bus, make_looker(town.settings, network, walker), {})
    handlers = {**make_handlers(town.settings, network, walker), **zones}
    working = asyncio.create_task(run_worker(bus, "dnssec-verifier", handlers, stopping))
    op = await town.reaches(op.ref, "propagating", "failed")
    told = op.body("propagating")
    assert isinstance(told, Propagating)
    assert (told.right, told.servers, told.settles_in_s) == (0, 2, 0.0)
    await town.control("dns/faults", faults=["stale"], addresses=[SECOND])
    await town.put_txt("worker", URI)

    async def half_way() -> bool:
        note = (await town.read(op.ref)).body("propagating")
        return isinstance(note, Propagating) and note.right == 1

    await until(half_way)
    await town.control("dns/faults", faults=[], addresses=[])
    op = await town.reaches(op.ref, "verified", "failed")
    assert [fact.name for fact in op.facts][-3:] == ["propagating", "authoritative", "verified"]
    verified = op.body("verified")
    assert isinstance(verified, Verified)
    assert all(probe.ok for probe in verified.authoritative)
    stopping.set()
    await working
