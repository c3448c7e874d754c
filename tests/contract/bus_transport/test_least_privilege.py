"""Everybody tries everything: what is not in an identity's own table is refused, and never in silence."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest
from nats.aio.msg import Msg

from bus.client.connection import DENIALS_KEPT, Bus, connect
from bus.client.js_api import js_request
from bus.servers.embedded import EmbeddedServer
from bus.tables.identities import ALL_IDENTITIES, APP_IDENTITIES
from bus.tables.permissions import permissions_of
from bus.tables.streams import all_streams
from schemas.settings import Settings

from .conftest import trespassing
from .privileges import PUBLISH_ATTACKS, ROOT, concrete, may_not_hear, may_not_say


@pytest.fixture
async def everybody(settings: Settings) -> AsyncIterator[dict[str, Bus]]:
    """One connection for each identity; the test looks at the denials itself."""
    async with AsyncExitStack() as stack:
        found: dict[str, Bus] = {}
        for identity in ALL_IDENTITIES:
            found[identity] = trespassing(await connect(settings, identity))
            stack.push_async_callback(found[identity].close)
        yield found


async def test_what_is_not_yours_is_refused_and_said_so(server: EmbeddedServer, everybody: dict[str, Bus]) -> None:
    heard = await _listening(everybody)
    before = await _stored(everybody[ROOT])
    for identity, bus in everybody.items():
        said, listened = may_not_say(identity), may_not_hear(identity)
        assert len(said) + len(listened) < DENIALS_KEPT
        for subject in said:
            await bus.nc.publish(subject, b"{}")
        for pattern in listened:
            await bus.nc.subscribe(pattern, cb=_ignore)
        await bus.flush(10)
        await _all_denied(bus, len(said) + len(listened))
        assert _refused(bus, "publish") == {subject.lower() for subject in said}
        assert _refused(bus, "subscription") == {pattern.lower() for pattern in listened}
    assert heard == []
    assert await _stored(everybody[ROOT]) == before
    log = (server.folder / "nats.log").read_text()
    for kind, wanted in (("Publish", may_not_say("shopstr")), ("Subscription", may_not_hear("shopstr"))):
        named = set(re.findall(rf'{kind} Violation - Subject "([^"]+)"', log))
        assert wanted <= named


async def test_what_is_yours_is_allowed(everybody: dict[str, Bus]) -> None:
    for identity, bus in everybody.items():
        allowed = permissions_of(identity)
        for pattern in allowed.subscribe:
            await bus.nc.subscribe(pattern, cb=_ignore)
        for pattern in allowed.publish:
            await bus.nc.publish(concrete(pattern), b"-")
        await bus.flush(10)
        assert bus.denials == []


@pytest.mark.parametrize("identity", [name for name in APP_IDENTITIES if name != ROOT])
def test_no_service_may_what_the_attacks_need(identity: str) -> None:
    assert may_not_say(identity) >= frozenset(PUBLISH_ATTACKS)


async def _all_denied(bus: Bus, many: int) -> None:
    with suppress(TimeoutError):  # the caller says which are missing
        async with asyncio.timeout(20):
            while len(bus.denials) < many:
                await asyncio.sleep(0.01)


async def _listening(everybody: dict[str, Bus]) -> list[str]:
    heard: list[str] = []

    async def hear(msg: Msg) -> None:
        heard.append(msg.subject)

    for identity, bus in everybody.items():
        for pattern in permissions_of(identity).subscribe:
            if not pattern.startswith("_INBOX."):  # pings of our own requests come there
                await bus.nc.subscribe(pattern, cb=hear)
        await bus.flush()
    return heard


async def _stored(root: Bus) -> dict[str, object]:
    return {spec.name: (await js_request(root, f"STREAM.INFO.{spec.name}"))["state"] for spec in all_streams()}


def _refused(bus: Bus, kind: str) -> set[str]:
    found = (re.search(rf'violation for {kind} to "([^"]+)"', denial) for denial in bus.denials)
    return {match[1] for match in found if match}


async def _ignore(_: Msg) -> None:
    await asyncio.sleep(0)
