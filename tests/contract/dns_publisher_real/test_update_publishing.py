"""The same steps as at Cloudflare, on Knot and on BIND by RFC 2136: what must survive, and what is never touched."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import dns.tsig
import dns.update
import msgspec
import pytest
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from bus.buckets.leases import Held
from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Fail, Outcome, Undone, UndoOutcome, Wait
from schemas.facts import Published, Removed, Restored
from schemas.flows import FLOWS
from services.dns_publisher.handlers.publish import Publish, Republish
from services.dns_publisher.handlers.stand import make_stand
from services.dns_publisher.handlers.take_down import TakeDown
from services.dns_publisher.handlers.task import Tools, desired_of
from services.dns_publisher.provider.answers import Accepted, Meaning, Refused, Unknown
from services.dns_publisher.provider.publisher import Page, Zone
from services.dns_publisher.provider.setbacks import Clock
from services.dns_publisher.records.reconcile import Desired, Present, Replace, Standing, reconcile
from services.dns_publisher.routing.publishers import routed
from tests.contract.dns_publisher_real.lossy import lossy_wire
from tests.contract.dns_publisher_real.primary import KEY, ZONE, Primary, payments, signed
from tests.contract.dnssec_verifier.town import URI, Town

REGISTER = FLOWS["username.register"].step("publish")
ROTATE = FLOWS["username.rotate"].step("publish")
WITHDRAW = FLOWS["username.release"].step("withdraw")
NEW = "bitcoin:?lno=lno1" + "p" * 700
on_both = pytest.mark.parametrize("primary", ["knot", "bind"], indirect=True)


@dataclass
class Desk:
    """The handlers beside the primary as somebody else sees it."""

    town: Town
    primary: Primary
    tools: Tools

    async def act(self, op: Operation) -> Outcome:
        return await Publish(self.tools).act(op, REGISTER)

    async def zone(self, op: Operation) -> Zone:
        found = await self.tools.zones.of(desired_of(op).name)
        assert not isinstance(found, Refused | Unknown), found
        return found

    async def at(self, op: Operation) -> list[bytes]:
        """The texts at the operation's name, each time signed."""
        answer = await self.primary.ask(desired_of(op).name)
        assert signed(answer) == bool([rrset for rrset in answer.answer if rrset.rdtype == RdataType.TXT])
        return sorted(payments(answer))

    async def by_hand(self, op: Operation, kind: str, text: str, ttl: int = 300) -> None:
        done = await self.primary.by_hand(lambda update: update.add(relative(op), ttl, kind, text))
        assert done == Rcode.NOERROR


def relative(op: Operation) -> str:
    return desired_of(op).name.removesuffix(f".{ZONE}")


@asynccontextmanager
async def desk_over(town: Town, primary: Primary, **settings: object) -> AsyncIterator[Desk]:
    bus = await town.bus("dns-publisher")
    async with routed(msgspec.structs.replace(town.settings, **settings), bus) as zones:
        yield Desk(town, primary, Tools(bus, zones))


@pytest.fixture
async def desk(town: Town, primary: Primary) -> AsyncIterator[Desk]:
    async with desk_over(town, primary) as found:
        yield found


def paying(desired: Desired, uri: str) -> Desired:
    """The same name with another text."""
    return replace(desired, payload=uri.encode())


async def settled(look: Callable[[], Awaitable[Outcome | UndoOutcome]]) -> Outcome | UndoOutcome:
    """The first outcome that is not Wait."""
    async with asyncio.timeout(60):
        while isinstance(outcome := await look(), Wait):
            await asyncio.sleep(min(outcome.after_s, 0.1))
    return outcome


def fact_of(outcome: Outcome | UndoOutcome) -> Published:
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.fact, Published)
    return outcome.fact


@on_both
async def test_a_whole_life_in_place_and_taken_back_and_nothing_else_changes(desk: Desk) -> None:
    op = await desk.town.composed("anna", ttl_s=90)
    await desk.by_hand(op, "TXT", "unrelated")
    fact = fact_of(await desk.act(op))
    assert (fact.zone, fact.ttl_s, fact.previous_ttl_s) == (f"{ZONE}.", 90, None)
    assert await desk.at(op) == [URI.encode()]
    assert fact_of(await desk.act(op)) == fact

    turning = await desk.town.rotating("anna", op.ref.op, NEW, ttl_s=60)
    turned = fact_of(await Republish(desk.tools).act(turning, ROTATE))
    assert (turned.ttl_s, turned.previous_ttl_s) == (60, 90), "P4 would not wait long enough"
    assert await desk.at(op) == [NEW.encode()]
    back = await Republish(desk.tools).undo(turning, ROTATE)
    assert back == Undone(Restored(owner_name=fact.owner_name, ttl_s=60))
    assert await desk.at(op) == [URI.encode()]

    going = await desk.town.releasing("anna", op.ref.op, ttl_s=60)
    gone = await TakeDown(desk.tools).act(going, WITHDRAW)
    assert gone == Done(Removed(owner_name=fact.owner_name, zone=f"{ZONE}.", ttl_s=60))
    assert await TakeDown(desk.tools).act(going, WITHDRAW) == gone
    assert await desk.primary.texts(desired_of(op).name) == [b"unrelated"]
    assert isinstance(await TakeDown(desk.tools).undo(going, WITHDRAW), Undone)
    assert await desk.at(op) == [URI.encode()]
    assert await desk.primary.texts(f"www.{ZONE}") == [b"not ours"]


async def test_what_others_made_is_never_touched(desk: Desk) -> None:
    for kind, text in (("TXT", "bitcoin:?lno=lno1somebody"), ("CNAME", "elsewhere.test.")):
        op = await desk.town.composed(f"squatted-{kind.lower()}")
        await desk.by_hand(op, kind, text)
        outcome = await desk.act(op)
        assert isinstance(outcome, Fail)
        assert (outcome.code, outcome.clean) == ("dns-foreign-record", True)
        assert isinstance(await Publish(desk.tools).undo(op, REGISTER), Undone)
        turning = await desk.town.rotating(f"squatted-{kind.lower()}", "x" * 26, NEW)
        assert isinstance(await settled(partial(Republish(desk.tools).undo, turning, ROTATE)), Dirty)
        answer = await desk.primary.ask(desired_of(op).name)
        there = [rrset for rrset in answer.answer if rrset.rdtype == RdataType.from_text(kind)]
        assert [rdata.to_text().strip('"') for rrset in there for rdata in rrset] == [text]


@on_both
async def test_a_change_of_what_is_no_longer_as_it_was_seen_is_not_made(desk: Desk) -> None:
    """Every verb, by a publisher that slept while another, or a person, changed the name."""
    op = await desk.town.composed("raced")
    zone, desired = await desk.zone(op), desired_of(op)
    nothing = await zone.look(desired.name)
    assert nothing == ()
    assert isinstance(await zone.create(desired, desired.marker, nothing), Accepted)
    stale = await zone.create(desired, desired.marker, nothing)
    assert isinstance(stale, Refused)
    assert stale.meaning is Meaning.CHANGED

    seen = await zone.look(desired.name)
    assert isinstance(seen, tuple)
    other = paying(desired, NEW)
    plan = reconcile(other, seen)
    assert isinstance(plan, Replace)
    assert isinstance(await zone.replace(other, plan, seen), Accepted)
    late = paying(desired, "bitcoin:?lno=lno1late")
    for answer in (
        await zone.replace(late, Replace(plan.record_id, late.marker), seen),
        await zone.delete(desired.name, [plan.record_id], seen),
        await zone.create(late, late.marker, nothing),
    ):
        assert isinstance(answer, Refused)
        assert answer.meaning is Meaning.CHANGED
    assert await desk.at(op) == [NEW.encode()]


async def test_a_change_whose_answer_is_lost_is_found_and_not_repeated(town: Town, primary: Primary) -> None:
    async with lossy_wire(primary.port) as wire:
        route = primary.route.replace(str(primary.port), str(wire.port))
        async with desk_over(town, primary, dns_zones=(route,)) as desk:
            op = await town.composed("lost")
            wire.losing = 1
            assert fact_of(await desk.act(op)).previous_ttl_s is None
            turning = await town.rotating("lost", op.ref.op, NEW)
            wire.losing = 1
            assert fact_of(await Republish(desk.tools).act(turning, ROTATE)).previous_ttl_s == 300
            assert await desk.at(op) == [NEW.encode()]
            going = await town.releasing("lost", turning.ref.op, uri=NEW)
            wire.losing = 1
            assert isinstance(await TakeDown(desk.tools).act(going, WITHDRAW), Done)
            assert await desk.at(op) == []
            assert wire.updates == 3, "something was sent twice"


async def test_a_crash_between_the_change_and_the_commit_loses_nothing(desk: Desk) -> None:
    """All that the one who died told the bus is its mark; the next one finds the change and knows what it replaced."""
    register = await desk.town.composed("crashed", ttl_s=900)
    for op, step, previous in ((register, REGISTER, None), (None, ROTATE, 900)):
        op = op or await desk.town.rotating("crashed", register.ref.op, NEW)
        zone, desired = await desk.zone(op), desired_of(op)
        assert isinstance(await make_stand(desk.tools, zone, desired, Clock(0, 1800), AlwaysHeld()), Standing)
        serial = await desk.primary.ask(ZONE, "SOA")
        async with desk_over(desk.town, desk.primary) as another:
            fact = fact_of(await Republish(another.tools).act(op, step))
        assert fact.previous_ttl_s == previous
        assert (await desk.primary.ask(ZONE, "SOA")).answer == serial.answer, "the zone was changed again"
    assert await desk.at(register) == [NEW.encode()]


async def test_a_mark_whose_change_was_never_made_makes_nobody_elses_record_ours(desk: Desk) -> None:
    op = await desk.town.composed("marked")
    zone, desired = await desk.zone(op), desired_of(op)
    stale = await zone.create(desired, desired.marker, [Present("x", "TXT", b"was here", 60, rdata=b"\x08was here")])
    assert isinstance(stale, Refused)
    await desk.by_hand(op, "TXT", "bitcoin:?lno=lno1somebody")
    outcome = await desk.act(op)
    assert isinstance(outcome, Fail)
    assert outcome.code == "dns-foreign-record"


@on_both
async def test_one_key_that_is_not_accepted_is_said_as_that(town: Town, primary: Primary) -> None:
    unknown, wrong = primary.folder / "unknown.key", primary.folder / "wrong.key"
    unknown.write_text(KEY.format(name="nobody", secret="bm9ib2R5LW5vYm9keQ=="))
    wrong.write_text(KEY.format(name="pub", secret="bm9ib2R5LW5vYm9keQ=="))
    op = await town.composed("locked")
    for path in (unknown, wrong):
        route = primary.route.replace(str(primary.folder / "pub.key"), str(path))
        async with desk_over(town, primary, dns_zones=(route,)) as desk:
            assert isinstance(await desk.act(op), Wait)
            found = await desk.tools.zones.of(desired_of(op).name)
            assert isinstance(found, Refused)
            assert found.meaning is Meaning.CREDENTIALS
            assert await desk.at(op) == []


@on_both
async def test_a_key_that_may_not_do_this_is_said_as_that(desk: Desk) -> None:
    """What the server grants our key is TXT below the payment label: nothing else can be harmed with it."""

    def elsewhere(update: dns.update.UpdateMessage) -> None:
        update.add("www", 60, "TXT", "ours now")

    def address(update: dns.update.UpdateMessage) -> None:
        update.add("a.user._bitcoin-payment", 60, "A", "192.0.2.1")

    for change in (elsewhere, address):
        try:
            assert await desk.primary.by_hand(change, "pub") == Rcode.REFUSED
        except dns.tsig.PeerBadKey:  # how Knot says it
            pass
    assert await desk.primary.texts(f"www.{ZONE}") == [b"not ours"]


async def test_a_primary_that_does_not_serve_the_zone_is_said_as_that(town: Town, primary: Primary) -> None:
    route = primary.route.replace(f"{ZONE}=", "test=")
    async with desk_over(town, primary, dns_zones=(route,), name_domains=()) as desk:
        found = await desk.tools.zones.of("a.user._bitcoin-payment.other.test")
        match found:
            case Refused(meaning):
                assert meaning in (Meaning.ZONE, Meaning.CREDENTIALS), "REFUSED or NOTAUTH, as the server prefers"
            case Unknown(detail):
                assert "requires a TSIG" in detail, "Knot signs nothing where it has no zone: anybody may have said it"
            case _:
                raise AssertionError("there is such a zone")


async def test_a_primary_that_is_away_is_waited_for(desk: Desk) -> None:
    op = await desk.town.composed("patient")
    await desk.zone(op)
    await desk.primary.kill()
    assert isinstance(await desk.act(op), Wait)
    await desk.primary.start_again()
    fact_of(await settled(lambda: desk.act(op)))
    assert await desk.at(op) == [URI.encode()]


async def test_all_payment_records_of_the_zone_are_listed_where_the_key_may(desk: Desk, town: Town) -> None:
    ops = [await desk.town.composed(f"listed{number}") for number in range(3)]
    for op in ops:
        fact_of(await desk.act(op))
    await desk.by_hand(ops[0], "TXT", "unrelated")
    page = await (await desk.zone(ops[0])).records()
    assert isinstance(page, Page)
    expected = {(desired_of(op).name, URI.encode()) for op in ops} | {(desired_of(ops[0]).name, b"unrelated")}
    assert {(listed.name, listed.record.payload) for listed in page.records} == expected
    assert page.following is None
    unlisted = desk.primary.route.replace("pub.key", "narrow.key")
    async with desk_over(town, desk.primary, dns_zones=(unlisted,)) as narrow:
        refused = await (await narrow.zone(ops[0])).records()
        assert isinstance(refused, Refused)
        assert refused.meaning is Meaning.CREDENTIALS


class AlwaysHeld(Held):
    """A lease nobody else wants."""

    def __init__(self) -> None:
        super().__init__(float("inf"))
