"""Drift on Knot and on BIND: seen by transfer or name by name, put right in one update, others' records left alone."""

from collections.abc import Callable

import dns.update
import msgspec
import pytest
from dns.rcode import Rcode

from bus.buckets.kv import Bucket
from bus.buckets.leases import held
from bus.operations.outcomes import Done
from schemas.flows import FLOWS
from schemas.records import DriftRecord, NameRecord
from services.dns_publisher.drift.watch import LEASE, compare_all
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.task import Tools, desired_of
from services.dns_publisher.routing.publishers import routed
from tests.contract.dns_publisher_real.primary import ZONE, Primary
from tests.contract.dnssec_verifier.town import NODE, URI, Town

PUBLISH = FLOWS["username.register"].step("publish")
Change = Callable[[dns.update.UpdateMessage, str], None]

BY_HAND: dict[str, Change] = {
    "missing": lambda update, name: update.delete(name, "TXT"),
    "changed": lambda update, name: update.replace(name, 300, "TXT", '"bitcoin:?lno=lno1else"'),
    "second": lambda update, name: update.add(name, 300, "TXT", '"BITCOIN:?lno=lno1else"'),
}


async def live(town: Town, tools: Tools, username: str) -> str:
    """A live name with its record; the record's DNS name."""
    op = await town.composed(username)
    assert isinstance(await Publish(tools).act(op, PUBLISH), Done)
    record = NameRecord(
        name=f"{username}@{ZONE}", owner=op.ref.owner, op=op.ref.op, state="active", node_id=NODE, uri=URI
    )
    await Bucket(await town.bus("offer-builder"), "names", NameRecord).put(f"{username}={ZONE}", record)
    return desired_of(op).name


async def compare(tools: Tools, times: int) -> None:
    for _ in range(times):
        async with held(tools.bus, LEASE, 30) as mine:
            assert mine
            await compare_all(tools, mine, pause_s=0.0)


@pytest.mark.parametrize("key", ["pub.key", "narrow.key"])
@pytest.mark.parametrize("primary", ["knot", "bind"], indirect=True)
async def test_what_somebody_changed_is_put_right_and_nothing_else(town: Town, primary: Primary, key: str) -> None:
    bus = await town.bus("dns-publisher")
    route = primary.route.replace("pub.key", key)
    settings = msgspec.structs.replace(town.settings, dns_zones=(route,), dns_drift="repair")
    bus.settings = settings
    async with routed(settings, bus) as zones:
        tools = Tools(bus, zones)
        names = {username: await live(town, tools, username) for username in (*BY_HAND, "untouched")}
        await compare(tools, 2)
        drift = Bucket(bus, "drift", DriftRecord)
        assert await drift.entries() == {}
        for username, change in BY_HAND.items():
            relative = names[username].removesuffix(f".{ZONE}")

            def by_hand(update: dns.update.UpdateMessage, change: Change = change, relative: str = relative) -> None:
                change(update, relative)
                update.add(relative, 300, "TXT", '"somebody was here"')

            assert await primary.by_hand(by_hand) == Rcode.NOERROR
        await compare(tools, 1)
        assert {entry.value.kind for entry in (await drift.entries()).values()} == set(BY_HAND)
        await compare(tools, 1)
        assert await drift.entries() == {}
        for username, name in names.items():
            others = [] if username == "untouched" else [b"somebody was here"]
            assert sorted(await primary.texts(name)) == sorted([URI.encode(), *others])
