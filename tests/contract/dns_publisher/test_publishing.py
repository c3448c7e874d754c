"""dns-publisher against the sandbox's API through the official SDK: what must survive, and what an owner would want."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import cloudflare
import msgspec
import pytest

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, Wait
from bus.workers.running import run_worker
from schemas.facts import Cancelled, Composed, Failed, Published, Withdrawn
from schemas.flows import FLOWS
from services.dns_publisher.app import make_handlers
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.task import Tools, desired_of
from services.dns_publisher.routing.publishers import routed
from services.dns_publisher.signing.rdap import Rdap
from services.dns_publisher.signing.tools import SigningTools
from tests.contract.dnssec_verifier.town import URI, Town
from tests.waiting import until

STEP = FLOWS["username.register"].step("publish")


@dataclass
class Desk:
    """The handler under test beside the API as somebody else sees it."""

    town: Town
    handler: Publish
    sdk: cloudflare.AsyncCloudflare
    zone_id: str

    async def act(self, op: Operation) -> Outcome:
        return await self.handler.act(op, STEP)

    async def at(self, op: Operation) -> list[Any]:
        """Every record the API has at the operation's name."""
        listed = await self.sdk.dns.records.list(zone_id=self.zone_id, name={"exact": desired_of(op).name})
        return list(listed.result)

    async def by_hand(self, op: Operation, uri: str, comment: str | None = None, ttl: int = 300) -> None:
        """A TXT record at the operation's name, made by somebody else."""
        more: dict[str, Any] = {} if comment is None else {"comment": comment}
        await self.sdk.dns.records.create(
            zone_id=self.zone_id, type="TXT", name=desired_of(op).name, content=f'"{uri}"', ttl=ttl, **more
        )

    async def fault(self, kind: str, operation: str = "records.create", **more: Any) -> None:
        await self.town.control("cloudflare/faults", kind=kind, operation=operation, **more)

    async def calls(self, operation: str = "records.create") -> int:
        """How many calls of `operation` the API has seen."""
        counted = (await self.town.state())["cloudflare"]["counts"]
        return int(counted.get(operation, 0))


@pytest.fixture
async def desk(town: Town) -> AsyncIterator[Desk]:
    settings = msgspec.structs.replace(town.settings, cloudflare_timeout_s=30.0)
    bus = await town.bus("dns-publisher")
    async with routed(settings, bus) as zones, connected(settings) as other:
        tools = Tools(bus, zones)
        listed = await other.client.zones.list(name=town.world.domain)
        yield Desk(town, Publish(tools), other.client, listed.result[0].id)


def fact_of(outcome: Outcome) -> Published:
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.fact, Published)
    return outcome.fact


async def test_a_record_is_made_once_and_says_whose_it_is(desk: Desk) -> None:
    op = await desk.town.composed("anna")
    fact = fact_of(await desk.act(op))
    (record,) = await desk.at(op)
    assert (record.id, record.ttl, fact.ttl_s, fact.previous_ttl_s) == (fact.record_id, 300, 300, None)
    assert record.comment.startswith(f"shopstr:{op.ref.op}:")
    assert (await desk.town.state())["dns"]["txt"][fact.owner_name] == [URI]
    assert fact.zone == "shop.test."
    before = await desk.calls()
    assert fact_of(await desk.act(op)) == fact
    assert await desk.calls() == before
    entry = await desk.handler.tools.views.get("anna=shop.test")
    assert entry is not None
    assert (entry.value.op, entry.value.record_id) == (op.ref.op, record.id)


@pytest.mark.parametrize("form", ["quoted", "unquoted", "rechunked", "as-sent"])
async def test_any_form_of_content_is_recognised(desk: Desk, form: str) -> None:
    await desk.town.control("settings", contentForm=form)
    op = await desk.town.composed(f"form-{form}")
    fact = fact_of(await desk.act(op))
    assert fact_of(await desk.act(op)) == fact
    assert len(await desk.at(op)) == 1


@pytest.mark.parametrize("kind", ["server-error-after", "reset-after", "html-after"])
async def test_a_change_whose_answer_is_lost_is_found_and_not_repeated(desk: Desk, kind: str) -> None:
    op = await desk.town.composed(f"lost-{kind}")
    before = await desk.calls()
    await desk.fault(kind)
    fact_of(await desk.act(op))
    assert len(await desk.at(op)) == 1
    assert await desk.calls() == before + 1


@pytest.mark.parametrize("kind", ["server-error", "reset-before", "html", "not-successful"])
async def test_a_change_that_was_not_made_is_tried_again_later(desk: Desk, kind: str) -> None:
    op = await desk.town.composed(f"again-{kind}")
    await desk.fault(kind)
    assert isinstance(await desk.act(op), Wait)
    assert await desk.at(op) == []
    fact_of(await desk.act(op))
    assert len(await desk.at(op)) == 1


async def test_an_answer_after_our_patience_is_found_on_the_next_look(desk: Desk) -> None:
    op = await desk.town.composed("slow")
    await desk.fault("delay", delayS=2.0)
    bus = desk.handler.tools.bus
    async with routed(msgspec.structs.replace(desk.town.settings, cloudflare_timeout_s=1.0), bus) as zones:
        hasty = Publish(Tools(bus, zones))
        outcome = await hasty.act(op, STEP)
        while isinstance(outcome, Wait):
            await asyncio.sleep(min(outcome.after_s, 0.2))
            outcome = await hasty.act(op, STEP)
    fact_of(outcome)
    assert len(await desk.at(op)) == 1


async def test_retry_after_300_is_honoured_and_nobody_asks_meanwhile(desk: Desk) -> None:
    op, other = await desk.town.composed("limited"), await desk.town.composed("limited-too")
    await desk.fault("rate-limited", operation="records.list", retryAfterS=300)
    assert await desk.act(op) == Wait(300.0, "971 Please wait and consider throttling your request speed")
    before = (await desk.town.state())["cloudflare"]["counts"]
    again, another = await desk.act(op), await desk.act(other)
    assert isinstance(again, Wait)
    assert isinstance(another, Wait)
    assert min(again.after_s, another.after_s) > 290
    assert (await desk.town.state())["cloudflare"]["counts"] == before


async def test_a_full_zone_is_told_at_once(desk: Desk) -> None:
    op = await desk.town.composed("full")
    await desk.fault("error", status=400, code=81045, message="Record quota exceeded.")
    assert await desk.act(op) == Fail("dns-quota", "81045 Record quota exceeded.")


@pytest.mark.parametrize("payloads", [["bitcoin:?lno=lno1one"], ["bitcoin:?lno=lno1one", "BITCOIN:?lno=LNO1TWO"]])
async def test_records_of_others_are_never_touched(desk: Desk, payloads: list[str]) -> None:
    op = await desk.town.composed(f"foreign{len(payloads)}")
    for payload in payloads:
        await desk.by_hand(op, payload)
    outcome = await desk.act(op)
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.clean) == ("dns-foreign-record", True)
    assert isinstance(await desk.handler.undo(op, STEP), Undone)
    assert len(await desk.at(op)) == len(payloads)


async def test_two_records_of_ours_become_one(desk: Desk) -> None:
    op = await desk.town.composed("double")
    mark = f"shopstr:{'b' * 26}:{'0' * 16}"
    await desk.by_hand(op, "bitcoin:?lno=lno1old", mark, ttl=600)
    await desk.by_hand(op, "bitcoin:?lno=lno1older", mark, ttl=900)
    await desk.by_hand(op, "unrelated")
    fact = fact_of(await desk.act(op))
    assert fact.previous_ttl_s == 900
    assert len(await desk.at(op)) == 2
    assert fact_of(await desk.act(op)).previous_ttl_s == 900


async def test_an_old_record_is_replaced_in_place(desk: Desk) -> None:
    op = await desk.town.composed("moved")
    await desk.by_hand(op, "bitcoin:?lno=lno1old", f"shopstr:{'b' * 26}:{'0' * 16}", ttl=600)
    (old,) = await desk.at(op)
    await desk.fault("server-error-after", operation="records.edit")
    fact = fact_of(await desk.act(op))
    assert (fact.record_id, fact.previous_ttl_s) == (old.id, 600)


async def test_two_publishers_at_once_make_one_record(desk: Desk) -> None:
    op = await desk.town.composed("race")

    async def insist() -> Published:
        while isinstance(outcome := await desk.act(op), Wait):
            await asyncio.sleep(0.05)
        return fact_of(outcome)

    facts = await asyncio.gather(*(insist() for _ in range(5)))
    assert len(set(facts)) == 1
    assert len(await desk.at(op)) == 1


async def test_undo_removes_ours_even_if_the_answer_is_lost(desk: Desk) -> None:
    op = await desk.town.composed("undone")
    await desk.by_hand(op, "unrelated")
    fact_of(await desk.act(op))
    await desk.fault("server-error-after", operation="records.delete")
    undone = await desk.handler.undo(op, STEP)
    assert isinstance(undone, Undone)
    assert isinstance(undone.fact, Withdrawn)
    assert [record.content for record in await desk.at(op)] == ['"unrelated"']
    assert isinstance(await desk.handler.undo(op, STEP), Undone)


async def test_undo_waits_until_it_could_look(desk: Desk) -> None:
    op = await desk.town.composed("unsure")
    fact_of(await desk.act(op))
    await desk.fault("server-error", operation="records.delete")
    assert isinstance(await desk.handler.undo(op, STEP), Wait)
    assert len(await desk.at(op)) == 1
    assert isinstance(await desk.handler.undo(op, STEP), Undone)


async def test_a_bad_token_is_not_fatal_at_once(desk: Desk) -> None:
    op = await desk.town.composed("token")
    await desk.fault("error", operation="records.list", status=403, code=10000, message="Authentication error")
    assert isinstance(await desk.act(op), Wait)
    fact_of(await desk.act(op))


async def test_an_unknown_zone_leaves_nothing_to_undo(desk: Desk) -> None:
    op = await desk.town.composed("nowhere")
    settings = msgspec.structs.replace(desk.town.settings, name_domains=("other.test",))
    async with routed(settings, desk.handler.tools.bus) as zones:
        elsewhere = Publish(Tools(desk.handler.tools.bus, zones))
        outcome = await elsewhere.act(op, STEP)
        assert isinstance(outcome, Fail)
        assert outcome.code == "dns-refused"
        assert isinstance(await elsewhere.undo(op, STEP), Undone)


async def test_the_worker_publishes_and_takes_back_when_cancelled(desk: Desk) -> None:
    town, stopping = desk.town, asyncio.Event()
    op = await town.composed("worker")
    tools = desk.handler.tools
    handlers = make_handlers(tools, SigningTools(tools.bus, {}, {}, Rdap(""), tools.clock))
    working = asyncio.create_task(run_worker(await town.bus("dns-publisher"), "dns-publisher", handlers, stopping))
    op = await town.reaches(op.ref, "published")
    assert len(await desk.at(op)) == 1
    op = await town.say("offer-builder", op, Cancelled(undo_from="publish"))
    op = await town.reaches(op.ref, "withdrawn")
    assert await desk.at(op) == []
    stopping.set()
    await working


async def test_the_process_publishes_in_spite_of_faults(town: Town) -> None:
    op = await town.composed("process")
    await town.control("cloudflare/faults", kind="server-error-after", operation="records.create")
    await town.control("cloudflare/faults", kind="rate-limited", operation="zones.list", retryAfterS=1)
    async with town.service("dns_publisher"):
        op = await town.reaches(op.ref, "published", "failed")
    assert not isinstance(op.body("failed"), Failed)
    assert isinstance(op.body("composed"), Composed)
    texts = (await town.state())["dns"]["txt"]
    assert texts["process.user._bitcoin-payment.shop.test."] == [URI]


async def test_killed_between_the_change_and_the_commit(desk: Desk) -> None:
    """The next process finds the record, makes no other, and tells the same."""
    town = desk.town
    op = await town.composed("killed")
    name, before = desired_of(op).name + ".", await desk.calls()
    await desk.fault("delay", "records.list", delayS=0.0)
    await desk.fault("delay", "records.list", delayS=20.0)
    async with town.service("dns_publisher") as process:

        async def stored() -> bool:
            return name in (await town.state())["dns"]["txt"]

        await until(stored)
        process.kill()
    assert not (await town.read(op.ref)).has("published")
    async with town.service("dns_publisher"):
        op = await town.reaches(op.ref, "published", "failed")
    published = op.body("published")
    assert isinstance(published, Published)
    assert published.previous_ttl_s is None
    assert (len(await desk.at(op)), await desk.calls()) == (1, before + 1)
