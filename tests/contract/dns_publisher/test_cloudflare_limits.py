"""What replicas share about the account: its limits, how full a zone is, and a token that is being replaced."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from bus.client.connection import Bus, connect
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.flows import FLOWS
from services.dns_publisher.cloudflare.zone import CloudflareZone
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.task import Tools
from services.dns_publisher.provider import limits
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.routing.publishers import routed
from tests.contract.dnssec_verifier.town import Town
from tests.waiting import until

STEP = FLOWS["username.register"].step("publish")
DEFAULTS = {"rateQuota": 120_000, "rateWindowS": 300, "recordQuota": 3500}


@pytest.fixture(autouse=True)
async def as_it_was(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The sandbox goes on to the next test with the limits and the token it had; a bus that is slow is not away."""
    monkeypatch.setattr(limits, "PATIENCE_S", 30.0)
    yield
    await town.control("settings", **DEFAULTS, tokens=[Path(town.world.cloudflare_token_file).read_text()])


async def replica(town: Town, stack: AsyncExitStack, **settings: object) -> tuple[Publish, Bus]:
    """One more dns-publisher, with a connection of its own."""
    wanted = msgspec.structs.replace(town.settings, cloudflare_timeout_s=30.0, **settings)
    bus = await connect(wanted, "dns-publisher")
    stack.push_async_callback(bus.close)
    return Publish(Tools(bus, await stack.enter_async_context(routed(wanted, bus)))), bus


async def calls(town: Town) -> int:
    """How many calls the API has seen."""
    return sum((await town.state())["cloudflare"]["counts"].values())


async def act(handler: Publish, town: Town, username: str) -> Outcome:
    return await handler.act(await town.composed(username), STEP)


async def test_what_one_replica_is_told_by_429_stops_all(town: Town) -> None:
    async with AsyncExitStack() as stack:
        (one, _), (other, _) = await replica(town, stack), await replica(town, stack)
        await town.control("cloudflare/faults", kind="rate-limited", operation="zones.list", retryAfterS=120)
        assert isinstance(await act(one, town, "told"), Wait)
        before = await calls(town)
        outcome = await act(other, town, "heard")
        assert isinstance(outcome, Wait)
        assert 100 < outcome.after_s <= 120
        assert await calls(town) == before


async def test_the_last_calls_of_a_window_are_left_alone_by_all(town: Town) -> None:
    async with AsyncExitStack() as stack:
        (one, _), (other, _) = await replica(town, stack), await replica(town, stack)
        await town.control("settings", rateQuota=23, rateWindowS=60)
        outcome = await act(one, town, "few-left")
        assert isinstance(outcome, Wait)
        before = await calls(town)
        assert isinstance(await act(other, town, "few-left-too"), Wait)
        assert await calls(town) == before
        assert (await town.state())["cloudflare"]["calls"][-1]["status"] == 200, "nobody was ever refused"


async def test_a_bus_that_is_away_stops_no_call_and_is_said(town: Town) -> None:
    async with AsyncExitStack() as stack:
        one, bus = await replica(town, stack)
        zone = await one.tools.zones.of(f"x.{town.world.domain}")
        assert not isinstance(zone, Refused | Unknown)
        await bus.close()
        with capture_logs() as logs:
            assert await one.tools.zones.look(zone, f"x.{town.world.domain}") == ()
            assert await one.tools.zones.look(zone, f"x.{town.world.domain}") == ()
        assert [line["event"] for line in logs].count("limits.unshared") <= 1


async def test_a_zone_that_is_nearly_full_takes_no_more_and_is_not_even_asked(town: Town) -> None:
    async with AsyncExitStack() as stack:
        (one, _), (other, _) = await replica(town, stack), await replica(town, stack)
        held = (await town.state())["cloudflare"]["records"]
        await town.control("settings", recordQuota=held + 5 + 2)
        created = (await town.state())["cloudflare"]["counts"].get("records.create", 0)
        assert isinstance(await act(one, town, "room-1"), Done)
        assert isinstance(await act(other, town, "room-2"), Done)
        for handler, username in ((one, "full-1"), (other, "full-2")):
            outcome = await act(handler, town, username)
            assert outcome == Fail("dns-quota", f"the zone holds {held + 2} of {held + 7} records")
        assert (await town.state())["cloudflare"]["counts"]["records.create"] == created + 2
        await town.control("settings", recordQuota=held + 100)
        assert isinstance(await act(one, town, "room-3"), Done), "a plan that grew is seen at once"


async def test_a_zone_whose_usage_is_not_told_is_counted(town: Town) -> None:
    async with AsyncExitStack() as stack:
        held = (await town.state())["cloudflare"]["records"]
        one, _ = await replica(town, stack, cloudflare_record_limit=held + 5)
        await town.control(
            "cloudflare/faults", kind="error", operation="records.usage", status=403, code=10000, message="no", times=2
        )
        assert await act(one, town, "counted") == Fail("dns-quota", f"the zone holds {held} of {held + 5} records")


async def test_where_nobody_can_count_names_are_published_all_the_same(town: Town) -> None:
    async with AsyncExitStack() as stack:
        one, _ = await replica(town, stack)
        for operation in ("records.usage", "records.list"):
            await town.control("cloudflare/faults", kind="not-successful", operation=operation, times=50)
        zone = await one.tools.zones.of(f"x.{town.world.domain}")
        assert isinstance(zone, CloudflareZone)
        before = await calls(town)
        counted = [await zone.counted.refusal() for _ in range(10)]
        assert counted == [None] * 10
        assert await calls(town) == before + 2, "both ways were tried once, and nobody waits for what fails"
        await town.control("reset-faults")
        assert isinstance(await act(one, town, "uncounted"), Done)


async def test_a_token_is_replaced_without_a_call_that_fails(town: Town, tmp_path: Path) -> None:
    """The second file gets a new token, the old one is revoked while names are published; then the other way round."""
    first, second = tmp_path / "first", tmp_path / "second"
    old = Path(town.world.cloudflare_token_file).read_text()
    for path in (first, second):
        path.write_text(old)
    files = {"cloudflare_token_file": str(first), "cloudflare_second_token_file": str(second)}
    async with AsyncExitStack() as stack:
        replicas = [(await replica(town, stack, **files))[0] for _ in range(2)]
        done: list[Outcome] = []

        async def keep_publishing(number: int) -> None:
            while len(done) < 60:
                done.append(await act(replicas[number], town, f"turn-{number}-{len(done)}"))

        async def turn(path: Path, token: str, after: int) -> None:
            async def so_many() -> bool:
                return len(done) >= after

            await until(so_many)
            path.write_text(token)
            await town.control("settings", tokens=[token])

        with capture_logs() as logs:
            await asyncio.gather(
                keep_publishing(0), keep_publishing(1), turn(second, "new-token", 10), turn(first, "newest-token", 35)
            )
        assert [outcome for outcome in done if not isinstance(outcome, Done)] == []
        refused = [line for line in logs if line["event"] == "cloudflare.token-refused"]
        assert [line["going_on_with"] for line in refused] == [
            "MESH_CLOUDFLARE_SECOND_TOKEN_FILE",
            "MESH_CLOUDFLARE_SECOND_TOKEN_FILE",
            "MESH_CLOUDFLARE_TOKEN_FILE",
            "MESH_CLOUDFLARE_TOKEN_FILE",
        ], "once for each replica and token"
        assert not [line for line in logs if old in str(line)]


async def test_no_token_that_is_accepted_is_said_as_that_and_waited_for(town: Town) -> None:
    async with AsyncExitStack() as stack:
        one, _ = await replica(town, stack)
        await town.control("settings", tokens=[])
        op = await town.composed("locked-out")
        assert isinstance(await one.act(op, STEP), Wait)
        late = Publish(replace(one.tools, clock=lambda: time.time() + 600))
        outcome = await late.act(op, STEP)
        assert isinstance(outcome, Fail)
        assert outcome.code == "dns-credentials"
        await town.control("settings", tokens=[Path(town.world.cloudflare_token_file).read_text()])
        assert isinstance(await one.act(op, STEP), Done)
