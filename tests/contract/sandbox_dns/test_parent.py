"""The parent: DS by dynamic update, by scanning CDS, with its own TTL; and a child that rolls by itself."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest
from dns.rcode import Rcode

from services.sandbox.dns.parent import Registry
from services.sandbox.dns.universe import SHOP
from services.sandbox.state import Announced, RollPhase
from tests.waiting import until

from .asking import SHOP_2, Running, new_world, types
from .signing import add_key, ds_texts, ours, sign, stored, unsign, verdicts
from .updating import SHOP_ZONE, ds_update, send, set_ds

STRANGE = "1 13 2 " + "00" * 32


async def at_parent(running: Running) -> list[str]:
    """The DS RRset."""
    answer = await running.ask("127.0.0.2", SHOP_ZONE, "DS")
    return sorted(rdata.to_text() for rrset in answer.answer[:1] for rdata in rrset)


async def scanned(running: Running) -> str:
    """What the parent said after looking once more."""
    await running.world.parent.scan(SHOP)
    return running.world.parent.said[SHOP_ZONE]


async def test_a_ds_is_changed_by_compare_and_set(running: Running) -> None:
    own = ds_texts(running, 0)
    message = ds_update(running)
    message.present(SHOP_ZONE, "DS", STRANGE)
    message.replace(SHOP_ZONE, 60, "DS", STRANGE)
    assert await send(running, message, "127.0.0.2") is Rcode.NXRRSET
    assert await at_parent(running) == own
    message = ds_update(running)
    message.present(SHOP_ZONE, "DS", *own)
    message.replace(SHOP_ZONE, 60, "DS", STRANGE)
    assert await send(running, message, "127.0.0.2") is Rcode.NOERROR
    assert await at_parent(running) == [STRANGE]
    answer = await running.ask("127.0.0.2", SHOP_ZONE, "DS")
    assert (answer.answer[0].ttl, types(answer.answer)) == (60, ["DS", "RRSIG"])


async def test_the_parent_gives_ds_its_own_ttl(running: Running) -> None:
    running.world.parent.change(Registry(ds_ttl=9))
    assert (await running.ask("127.0.0.2", SHOP_ZONE, "DS")).answer[0].ttl == 9


async def test_a_roll_by_cds(running: Running, tmp_path: Path) -> None:
    running.put('"bitcoin:?lno=one"')
    assert await scanned(running) == "it is as asked for"
    add_key(running)
    old, new = stored(running).ksks
    sign(running, ksks=(msgspec.structs.replace(old, announced=False), msgspec.structs.replace(new, announced=True)))
    assert await scanned(running) == "changed to 1 DS"
    assert await at_parent(running) == ds_texts(running, 1)
    assert await verdicts(running, tmp_path / "rolled") == ("secure",) * 3


async def test_the_delete_form_removes_ds_and_nothing_brings_it_back(running: Running) -> None:
    sign(running, announced=Announced.DELETE)
    assert await scanned(running) == "changed to 0 DS"
    assert await at_parent(running) == []
    sign(running, announced=Announced.KEYS)
    assert await scanned(running) == "there is no DS to trust the asking by"
    assert await at_parent(running) == []


async def test_a_child_without_ds_is_believed_after_a_while_if_that_is_the_policy(running: Running) -> None:
    own = ds_texts(running, 0)
    await set_ds(running)
    running.world.parent.change(Registry(bootstrap_after=0.4))
    begun = time.monotonic()

    async def believed() -> bool:
        return await scanned(running) == "changed to 1 DS"

    assert not await believed()
    await until(believed, 30)
    assert time.monotonic() - begun >= 0.4
    assert await at_parent(running) == own


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("silent", "not every address answers"),
        ("refuse-tcp", "not every address answers"),
        ("stale", "the addresses ask for different things"),
        ("unsigned", "the addresses ask for different things"),
        ("bogus", "the asking is not signed by a key that the DS vouches for"),
        ("expired", "the asking is not signed by a key that the DS vouches for"),
        ("wrong-key", "the addresses ask for different things"),
    ],
)
async def test_one_address_that_is_not_right_is_enough_to_keep_the_ds(
    running: Running, fault: str, reason: str
) -> None:
    own = ds_texts(running, 0)
    sign(running, announced=Announced.DELETE)
    running.world.set_fault([SHOP_2], [fault])
    assert await scanned(running) == reason
    assert await at_parent(running) == own


async def test_a_ds_that_would_break_the_child_is_not_taken(running: Running) -> None:
    """CDS announces a key that does not sign DNSKEY."""
    add_key(running)
    old, new = stored(running).ksks
    announced = msgspec.structs.replace(new, signs=False, announced=True)
    sign(running, ksks=(msgspec.structs.replace(old, announced=False), announced))
    own = ds_texts(running, 0)
    assert await scanned(running) == "the child would not validate any more"
    assert await at_parent(running) == own


async def test_an_unsigned_child_asks_for_nothing(running: Running) -> None:
    unsign(running)
    assert await scanned(running) == "nothing is asked for"


async def test_the_parent_scans_in_its_own_time(running: Running) -> None:
    sign(running, announced=Announced.DELETE)
    assert await at_parent(running) != []
    running.world.parent.change(Registry(cds_period=0.1))

    async def gone() -> bool:
        return await at_parent(running) == []

    await until(gone, 30)


async def test_it_can_be_stopped_in_the_middle_of_any_scan(tmp_path: Path) -> None:
    """Before Python 3.12 a cancellation that comes together with an answer is lost."""
    for turns in range(0, 60, 5):
        world = new_world(tmp_path)
        running = Running(world, await world.start())
        world.parent.change(Registry(cds_period=0.001))

        async def scans() -> bool:
            return SHOP_ZONE in world.parent.said  # noqa: B023  awaited before the next round

        await until(scans, 30)
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await running.world.stop()


async def test_a_child_rolls_by_itself_and_is_secure_all_the_while(running: Running) -> None:
    """One-second TTLs, a scanning parent, and a resolver that is asked all the time."""
    running.put('"bitcoin:?lno=one"')
    sign(running, ttl_s=1)
    running.world.parent.change(Registry(cds_period=0.1, ds_ttl=1))
    old = ds_texts(running, 0)
    running.world.roller.begin(SHOP)
    with pytest.raises(ValueError, match="already rolls"):
        running.world.roller.begin(SHOP)
    seen: list[str] = []
    async with asyncio.timeout(60):
        while stored(running).roll is not None:
            seen.append(await ours(running))
            await asyncio.sleep(0.02)
    assert set(seen) == {"secure"}
    assert len(seen) > 50
    assert len(stored(running).ksks) == 1
    assert await at_parent(running) == ds_texts(running, 0)
    assert await at_parent(running) != old


async def test_a_roll_goes_on_after_a_restart(tmp_path: Path) -> None:
    first = new_world(tmp_path)
    running = Running(first, await first.start())
    sign(running, ttl_s=1)
    running.world.roller.begin(SHOP)
    await first.stop()
    second = new_world(tmp_path)
    again = Running(second, await second.start())
    assert stored(again).roll is not None

    async def submitted() -> bool:
        roll = stored(again).roll
        return roll is not None and roll.phase is RollPhase.SUBMITTED

    await until(submitted, 30)
    await second.stop()
