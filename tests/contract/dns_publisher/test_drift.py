"""Somebody edits the zone by hand: it is seen twice, told once, and put right only where that is configured."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client import direct
from bus.errors import BusUnavailable
from bus.operations import ledger
from bus.operations.facts import OpRef
from bus.tables import subjects
from bus.workers.running import run_worker
from schemas.facts import Drifted, Healed
from schemas.ids import OpId, Owner
from schemas.records import ZoneCheck
from services.dns_publisher.app import make_handlers
from services.dns_publisher.cloudflare import list_records
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.drift import survey, watch
from services.dns_publisher.drift.watch import watch_drift
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.task import Tools
from services.dns_publisher.routing.publishers import routed
from services.dns_publisher.signing.rdap import Rdap
from services.dns_publisher.signing.tools import SigningTools
from tests.contract.dns_publisher.drift_desk import PUBLISH, Desk, dns_name
from tests.contract.dnssec_verifier.town import URI, Town
from tests.waiting import until


@pytest.fixture
async def desk(town: Town) -> AsyncIterator[Desk]:
    settings = msgspec.structs.replace(town.settings, cloudflare_timeout_s=30.0)
    bus = await town.bus("dns-publisher")
    async with routed(settings, bus) as zones, connected(settings) as other:
        listed = await other.client.zones.list(name=town.world.domain)
        yield Desk(town, bus, zones, other.client, listed.result[0].id)


ALL = ("missing", "changed", "second", "ttl", "blocked")


@pytest.mark.parametrize("what", ALL)
async def test_what_somebody_changed_is_seen_twice_and_told_once(desk: Desk, what: str) -> None:
    username = f"told-{what}"
    owner = await desk.live(username)
    await desk.compare()
    assert await desk.noted(username) is None
    await desk.by_hand(username, what)
    before = [record.id for record in await desk.at(username)]
    await desk.compare()
    first = await desk.noted(username)
    assert first is not None
    assert (first.kind, first.confirmed) == (what, False)
    assert await desk.told(owner) == []
    await desk.compare(3)
    certain = await desk.noted(username)
    assert certain is not None
    assert (certain.confirmed, certain.repairs, certain.since, certain.owner) == (True, False, first.since, owner)
    assert await desk.told(owner) == ["record.drift"]
    assert [record.id for record in await desk.at(username)] == before, "reporting changes nothing"
    check = await Bucket(desk.bus, "zone-checks", ZoneCheck).get("shop.test")
    assert check is not None
    assert check.value.drifted >= 1


async def test_what_others_have_at_the_name_beside_the_record_is_none_of_our_business(desk: Desk) -> None:
    owner = await desk.live("beside")
    await desk.by_hand("beside", "harmless")
    await desk.compare(2)
    assert await desk.noted("beside") is None
    assert await desk.told(owner) == []


@pytest.mark.parametrize("what", ["missing", "changed", "second", "ttl"])
async def test_configured_to_repair_the_record_stands_alone_again(desk: Desk, what: str) -> None:
    username = f"mended-{what}"
    owner = await desk.live(username)
    await desk.by_hand(username, what)
    desk.mode = "repair"
    await desk.compare()
    assert await desk.told(owner) == [], "once may be a mistake"
    await desk.compare()
    assert await desk.payments(username) == [URI.encode()]
    assert [record.ttl for record in await desk.at(username)] == [300]
    assert await desk.told(owner) == ["record.drift", "record.heal"]
    assert await desk.noted(username) is None
    await desk.compare(2)
    assert await desk.told(owner) == ["record.drift", "record.heal"]
    entry = await desk.tools.views.get(f"{username}=shop.test")
    (standing,) = await desk.at(username)
    assert entry is not None
    assert entry.value.record_id == standing.id


async def test_a_cname_is_nobodys_but_its_makers_even_when_we_repair(desk: Desk) -> None:
    owner = await desk.live("alias")
    await desk.by_hand("alias", "blocked")
    desk.mode = "repair"
    await desk.compare(3)
    assert [record.type for record in await desk.at("alias")] == ["CNAME"]
    assert await desk.told(owner) == ["record.drift"]


async def test_somebody_puts_it_right_and_that_is_told_too(desk: Desk) -> None:
    owner = await desk.live("regret")
    await desk.by_hand("regret", "second")
    await desk.compare(2)
    foreign = next(record for record in await desk.at("regret") if "lno1else" in record.content)
    await desk.sdk.dns.records.delete(foreign.id, zone_id=desk.zone_id)
    await desk.compare(2)
    assert await desk.told(owner) == ["record.drift", "record.heal"]
    assert await desk.noted("regret") is None


async def test_what_was_seen_but_once_and_is_right_again_is_never_told(desk: Desk) -> None:
    owner = await desk.live("brief")
    await desk.by_hand("brief", "missing")
    await desk.compare()
    await Publish(desk.tools).act(await desk.town.composed("brief-other"), PUBLISH)
    await desk.sdk.dns.records.create(
        zone_id=desk.zone_id,
        type="TXT",
        name=dns_name("brief"),
        content=" ".join(f'"{URI[at : at + 255]}"' for at in range(0, len(URI), 255)),
        ttl=300,
    )
    await desk.compare(2)
    assert await desk.told(owner) == []
    assert await desk.noted("brief") is None


@pytest.mark.parametrize("change", [{"changing": "q" * 26}, {"state": "releasing"}, {"state": "reserved"}])
async def test_what_an_operation_is_changing_is_no_drift(desk: Desk, change: dict[str, Any]) -> None:
    username = f"flight-{next(iter(change.values()))[:4]}"
    owner = await desk.live(username)
    names = await desk.names()
    entry = await names.get(f"{username}=shop.test")
    assert entry is not None
    await names.put(f"{username}=shop.test", msgspec.structs.replace(entry.value, **change))
    await desk.by_hand(username, "missing")
    desk.mode = "repair"
    await desk.compare(3)
    assert await desk.noted(username) is None
    assert await desk.told(owner) == []
    assert await desk.at(username) == []


async def test_a_name_that_is_given_up_while_it_drifts_is_forgotten(desk: Desk) -> None:
    owner = await desk.live("leaving")
    await desk.by_hand("leaving", "missing")
    await desk.compare(2)
    names = await desk.names()
    entry = await names.get("leaving=shop.test")
    assert entry is not None
    await names.put(
        "leaving=shop.test", msgspec.structs.replace(entry.value, state="releasing", changing=OpId("q" * 26))
    )
    await desk.compare()
    assert await desk.noted("leaving") is not None, "it may be taken back"
    await names.delete("leaving=shop.test")
    await desk.compare()
    assert await desk.noted("leaving") is None
    assert await desk.told(owner) == ["record.drift"]


async def test_who_dies_between_finding_and_repairing_is_followed_by_who_repairs(desk: Desk) -> None:
    owner = await desk.live("orphan")
    await desk.by_hand("orphan", "changed")
    await desk.compare(2)  # found and told; whoever did that dies here
    desk.mode = "repair"
    await desk.compare()
    assert await desk.payments("orphan") == [URI.encode()]
    assert await desk.told(owner) == ["record.drift", "record.heal"]


@pytest.mark.parametrize("dies", ["update", "delete"])
async def test_who_dies_after_telling_and_before_writing_it_down_tells_nobody_twice(
    desk: Desk, dies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    username = f"dies-{dies}"
    owner = await desk.live(username)
    await desk.by_hand(username, "second")
    desk.mode = "repair"
    await desk.compare()

    async def killed(self: Bucket[Any], key: str, *_: object) -> object:
        if self.name == "drift" and key.startswith(username):
            raise BusUnavailable("as if the process had ended here")
        return await original(self, key, *_)

    original = getattr(Bucket, dies)
    monkeypatch.setattr(Bucket, dies, killed)
    with pytest.raises(BusUnavailable):
        await desk.compare()
    monkeypatch.undo()
    await desk.compare(2)
    assert await desk.payments(username) == [URI.encode()]
    assert await desk.told(owner) == ["record.drift", "record.heal"]
    assert await desk.noted(username) is None


async def test_a_repair_whose_answer_is_lost_is_looked_for_and_not_repeated(desk: Desk) -> None:
    owner = await desk.live("lossy")
    await desk.by_hand("lossy", "missing")
    desk.mode = "repair"
    await desk.compare()
    await desk.town.control("cloudflare/faults", kind="reset-after", operation="records.create")
    await desk.compare(2)
    assert await desk.payments("lossy") == [URI.encode()]
    assert (await desk.told(owner))[0] == "record.drift"


async def test_a_provider_that_does_not_answer_is_no_drift(desk: Desk) -> None:
    owner = await desk.live("outage")
    await desk.compare()
    await desk.town.control("cloudflare/faults", kind="server-error", operation="records.list", times=3)
    await desk.compare(2)
    assert await desk.noted("outage") is None
    assert await desk.told(owner) == []
    check = await Bucket(desk.bus, "zone-checks", ZoneCheck).get("shop.test")
    assert check is not None
    assert check.value.problem == "dns-unavailable"
    assert check.value.records >= 1, "the last good numbers stay"


async def test_names_are_listed_by_the_page_and_not_one_by_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        await desk.live(f"crowd{number}")
    monkeypatch.setattr(list_records, "PER_PAGE", 10)
    in_zone = len(list((await desk.sdk.dns.records.list(zone_id=desk.zone_id, per_page=500)).result))
    before = await desk.lists()
    await desk.compare()
    assert await desk.lists() - before <= in_zone // 10 + 2


@pytest.mark.parametrize("mode", ["report", "repair"])
async def test_a_whole_zone_gone_wrong_is_worked_off_bit_by_bit(
    desk: Desk, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "MOST_LOOKS", 2)
    usernames = [f"mass-{mode}{number}" for number in range(5)]
    owners = [await desk.live(username) for username in usernames]
    for username in usernames:
        await desk.by_hand(username, "missing")
    desk.mode = mode
    await desk.compare(8)
    told = ["record.drift", "record.heal"] if mode == "repair" else ["record.drift"]
    assert [await desk.told(owner) for owner in owners] == [told] * 5
    standing = [await desk.payments(username) for username in usernames]
    assert standing == [[URI.encode()] if mode == "repair" else []] * 5


async def test_the_owner_is_told_by_a_fact_and_one_of_two_replicas_compares(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await desk.live("pair")
    desk.mode = "repair"
    tools = desk.tools
    desk.bus.settings = msgspec.structs.replace(desk.bus.settings, dns_drift_every_s=0.2)
    comparing: list[int] = []
    original = watch.compare_all

    async def counted(tools: Tools, mine: Any, *, pause_s: float = 0.0) -> bool:
        comparing.append(id(tools))
        return await original(tools, mine, pause_s=pause_s)

    monkeypatch.setattr(watch, "compare_all", counted)
    worker_stops = asyncio.Event()
    handlers = make_handlers(tools, SigningTools(tools.bus, {}, {}, Rdap(""), tools.clock))
    worker = asyncio.create_task(run_worker(desk.bus, "dns-publisher", handlers, worker_stops))
    stops = [asyncio.Event(), asyncio.Event()]
    replicas = [tools, replace(tools)]
    watching = [
        asyncio.create_task(watch_drift(each, stop, pause_s=0.0)) for each, stop in zip(replicas, stops, strict=True)
    ]
    try:
        await until(lambda: _true(len(comparing) >= 3))
        assert len(set(comparing)) == 1, "one at a time"
        first = replicas.index(next(each for each in replicas if id(each) == comparing[0]))
        stops[first].set()
        await until(lambda: _true(len(set(comparing)) == 2))
        await desk.by_hand("pair", "missing")
        await until(lambda: _healed(desk, owner))
        assert await desk.payments("pair") == [URI.encode()]
    finally:
        for stop in (*stops, worker_stops):
            stop.set()
        await asyncio.gather(*watching, worker)


async def _true(value: bool) -> bool:
    return value


async def _healed(desk: Desk, owner: Owner) -> bool:
    """Whether both operations are over, with what they have to tell."""
    found = await direct.following(desk.town.edge, "LEDGER", f"saga.{owner}.>", 0, 100, None)
    facts = {subjects.parse_saga(stored.subject).fact for stored in found}
    if not {"drifted", "healed"} <= facts:
        return False
    for stored in found:
        subject = subjects.parse_saga(stored.subject)
        op = await ledger.read(desk.town.edge, OpRef(owner, subject.op))
        assert op is not None
        for fact in op.facts:
            if isinstance(fact.body, Drifted):
                assert (fact.body.name, fact.body.kind, fact.body.repairs) == ("pair@shop.test", "missing", True)
            if isinstance(fact.body, Healed):
                assert fact.body.how == "repaired"
    return True
