"""Live names are looked at in DNS all the while, by one process of several, and what is found twice is what is said."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.buckets.kv import Bucket
from schemas.health import Aspect, DnsHealth
from schemas.ids import OpId, op_of, owner_of
from schemas.names import Name, name_key
from schemas.records import NameRecord, NameState, Published
from schemas.world import World
from tests.waiting import until

from .town import NODE, URI, Town, a_town

OWNER = owner_of("11" * 32)
NAME, OTHER = Name("watched", "shop.test"), Name("another", "shop.test")


@pytest.fixture
async def watched(world: World, tmp_path: Path) -> AsyncIterator[Town]:
    """A town in which rounds follow each other quickly."""
    async with a_town(world, tmp_path, health_every_s=0.3) as town:
        yield town


async def live(
    town: Town, state: NameState = "active", uri: str = URI, changing: OpId | None = None, name: Name = NAME
) -> None:
    """What the bus says of the name."""
    record = NameRecord(
        name=name.text,
        owner=OWNER,
        op=op_of(OWNER, "register"),
        state=state,
        node_id=NODE,
        uri=uri,
        offer="x",
        changing=changing,
    )
    await Bucket(await town.bus("offer-builder"), "names", NameRecord).put(name_key(name), record)
    published = Published(
        owner_name=name.owner_name, zone="shop.test.", record_id="r", content_sha256="", ttl_s=300, op=record.op
    )
    await Bucket(await town.bus("dns-publisher"), "published", Published).put(name_key(name), published)


async def health(town: Town, name: Name = NAME) -> DnsHealth | None:
    entry = await Bucket(await town.bus("offer-builder"), "dns-health", DnsHealth).get(name_key(name))
    return entry.value if entry else None


async def said(town: Town, dns: str, dnssec: str) -> DnsHealth:
    """What stands once both aspects are as wanted."""

    async def there() -> bool:
        found = await health(town)
        return found is not None and (found.dns.state, found.dnssec.state) == (dns, dnssec)

    await until(there)
    found = await health(town)
    assert found is not None
    return found


async def test_a_name_that_breaks_and_heals(watched: Town) -> None:
    await watched.put_txt(NAME.user, URI)
    await live(watched)
    async with watched.service("dnssec_verifier"), watched.service("dnssec_verifier"):
        fine = await said(watched, "ok", "ok")
        assert (fine.owner, fine.dns.was, fine.dns.is_news) == (OWNER, None, False)
        place = {"name": NAME.owner_name, "type": "TXT"}
        await watched.control("dns/records", remove=[place])
        gone = await said(watched, "down", "ok")
        assert (gone.dns.reason, gone.dns.was, gone.dns.is_news) == ("record-missing", "ok", True)
        await watched.put_txt(NAME.user, URI)
        back = await said(watched, "ok", "ok")
        assert back.dns.was == "down"
        assert not [q for q in (await watched.state())["dns"]["resolverQueries"] if q["name"] == NAME.owner_name]
        await live(watched, "paused")

        async def forgotten() -> bool:
            return await health(watched) is None

        await until(forgotten)


async def test_signatures_that_do_not_hold_are_said_to_be_what_they_are(watched: Town) -> None:
    await watched.put_txt(NAME.user, URI)
    await live(watched)
    async with watched.service("dnssec_verifier"):
        await said(watched, "ok", "ok")
        await watched.control("dns/faults", faults=["bogus"], addresses=["127.0.0.3"])
        await said(watched, "ok", "degraded")
        await watched.control("dns/faults", faults=["bogus"], addresses=["127.0.0.3", "127.0.0.4"])

        async def broken() -> bool:
            found = await health(watched)
            return found is not None and found.dnssec.state == "down" and is_told(found.dnssec)

        await until(broken)
        await watched.control("reset-faults")
        await said(watched, "ok", "ok")


def is_told(aspect: Aspect) -> bool:
    return aspect.reason == "chain-bogus" and aspect.is_news


async def test_what_is_known_of_a_name_stands_while_it_is_changed(watched: Town) -> None:
    await watched.control("dns/records", remove=[{"name": NAME.owner_name, "type": "TXT"}])
    await watched.put_txt(NAME.user, URI)
    await live(watched)
    await live(watched, name=OTHER)
    async with watched.service("dnssec_verifier"):
        await said(watched, "ok", "ok")
        await live(watched, changing=op_of(OWNER, "rotate"))
        await rounds(watched, 2)
        await watched.control("dns/records", remove=[{"name": NAME.owner_name, "type": "TXT"}])
        before = await health(watched)
        await rounds(watched, 3)
        assert await health(watched) == before
        await live(watched)
        await said(watched, "down", "ok")


async def rounds(town: Town, count: int) -> None:
    """Return once another name was looked at so many times."""
    for _ in range(count):
        before = await health(town, OTHER)

        async def again(before: DnsHealth | None = before) -> bool:
            return await health(town, OTHER) != before

        await until(again)
