"""Resolvers: lag, negative caching, AD and CD, what they tell about who asked."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import dns.flags
import pytest
from dns.rcode import Rcode

from services.sandbox.dns.parent import Registry
from services.sandbox.dns.universe import Times
from services.sandbox.state import HandRecord
from tests.waiting import until

from .asking import NAME, Running, new_world, texts, types
from .signing import ds_texts, ours, sign, unsign
from .updating import set_ds

LAG_S = 0.5


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Running]:
    """Resolvers half a second behind; absence is remembered for two seconds."""
    world = new_world(tmp_path, lag_s=LAG_S)
    yield Running(world, await world.start())
    await world.stop()


async def test_an_answer_is_validated_and_recursive(running: Running) -> None:
    running.put('"bitcoin:?lno=one"')
    answer = await running.ask(running.addresses.resolvers[0])
    assert answer.flags & dns.flags.AD
    assert answer.flags & dns.flags.RA
    assert not answer.flags & dns.flags.AA
    assert types(answer.answer) == ["TXT", "RRSIG"]


async def test_ad_is_only_for_those_who_ask(running: Running) -> None:
    running.put('"bitcoin:?lno=one"')
    resolver = running.addresses.resolvers[1]
    plain = await running.ask(resolver, dnssec=False)
    assert not plain.flags & dns.flags.AD
    assert types(plain.answer) == ["TXT"]
    assert (await running.ask(resolver, dnssec=False, flags=dns.flags.AD)).flags & dns.flags.AD
    unchecked = await running.ask(resolver, flags=dns.flags.CD)
    assert unchecked.flags & dns.flags.CD
    assert not unchecked.flags & dns.flags.AD


async def test_a_change_is_seen_after_the_lag(behind: Running) -> None:
    resolver = behind.addresses.resolvers[0]
    behind.put('"bitcoin:?lno=old"')

    async def shows(text: str) -> bool:
        return texts(await behind.ask(resolver)) == [text]

    await until(lambda: shows("bitcoin:?lno=old"))
    changed = time.monotonic()
    behind.put('"bitcoin:?lno=new"')

    async def followed() -> bool:
        found = texts(await behind.ask(resolver))
        assert found in (["bitcoin:?lno=old"], ["bitcoin:?lno=new"])
        return found == ["bitcoin:?lno=new"]

    await until(followed)
    assert time.monotonic() - changed >= LAG_S


async def test_a_name_asked_for_too_early_stays_absent_for_the_negative_ttl(running: Running) -> None:
    early, never_asked = running.addresses.resolvers[:2]
    asked = time.monotonic()
    assert texts(await running.ask(early)) == []
    running.put('"bitcoin:?lno=one"')
    assert texts(await running.ask(never_asked)) == ["bitcoin:?lno=one"]

    async def visible() -> bool:
        found = texts(await running.ask(early))
        assert found in ([], ["bitcoin:?lno=one"])
        return found != []

    await until(visible)
    assert time.monotonic() - asked >= running.world.universe.times.negative_ttl


async def test_asking_for_another_type_poisons_an_absent_name_too(running: Running) -> None:
    running.world.universe.set_times(Times(negative_ttl=3600))
    resolver = running.addresses.resolvers[0]
    await running.ask(resolver, NAME, "A")
    running.put('"bitcoin:?lno=one"')
    assert texts(await running.ask(resolver)) == []


async def test_a_remembered_absence_counts_down_and_validates(running: Running) -> None:
    running.world.universe.set_times(Times(negative_ttl=100))
    resolver = running.addresses.resolvers[0]
    first = await running.ask(resolver)

    async def counted_down() -> bool:
        again = await running.ask(resolver)
        assert again.flags & dns.flags.AD
        return again.authority[0].ttl < first.authority[0].ttl

    await until(counted_down)
    proof = (await running.ask(resolver)).authority[3]
    assert proof[0].original_ttl == 100


async def test_aliases_are_followed(running: Running) -> None:
    running.put('"bitcoin:?lno=one"')
    running.put(NAME, "alias.shop.test.", "CNAME")
    answer = await running.ask(running.addresses.resolvers[0], "alias.shop.test.")
    assert types(answer.answer) == ["CNAME", "RRSIG", "TXT", "RRSIG"]


async def test_an_alias_to_itself_ends(running: Running) -> None:
    running.put("loop.shop.test.", "loop.shop.test.", "CNAME")
    answer = await running.ask(running.addresses.resolvers[0], "loop.shop.test.")
    assert answer.rcode() is Rcode.SERVFAIL


@pytest.mark.parametrize("fault", ["silent", "servfail", "bogus", "unsigned", "expired", "wrong-key"])
async def test_a_zone_with_no_usable_server_fails(running: Running, fault: str) -> None:
    running.put('"bitcoin:?lno=one"')
    resolver = running.addresses.resolvers[0]
    running.world.set_fault(["127.0.0.3"], [fault])
    assert texts(await running.ask(resolver)) == ["bitcoin:?lno=one"]
    running.world.set_fault(["127.0.0.3", "127.0.0.4"], [fault])
    assert (await running.ask(resolver)).rcode() is Rcode.SERVFAIL
    running.world.set_fault(["127.0.0.3", "127.0.0.4"], [])
    running.world.set_fault(["127.0.0.1"], [fault])
    assert texts(await running.ask(resolver)) == ["bitcoin:?lno=one"]
    running.world.forget()
    assert (await running.ask(resolver)).rcode() is Rcode.SERVFAIL


async def test_every_question_is_on_record(running: Running) -> None:
    before = time.time()
    await running.ask(running.addresses.resolvers[2], "Bob.shop.test.", tcp=True)
    await running.ask("127.0.0.3", "carol.shop.test.")
    asked = [query for query in running.world.habits.asked if query.at >= before]
    assert [(query.resolver, query.name, query.rdtype) for query in asked] == [
        (running.addresses.resolvers[2], "bob.shop.test.", "TXT")
    ]


async def test_everything_is_kept_for_its_ttl_if_that_is_the_habit(running: Running) -> None:
    running.put('"bitcoin:?lno=old"')
    running.world.habits.caches = True
    resolver, other = running.addresses.resolvers[:2]
    assert texts(await running.ask(resolver)) == ["bitcoin:?lno=old"]
    running.put('"bitcoin:?lno=new"')
    again = await running.ask(resolver)
    assert texts(again) == ["bitcoin:?lno=old"]
    assert again.flags & dns.flags.AD
    assert texts(await running.ask(other)) == ["bitcoin:?lno=new"]
    running.world.forget()
    assert texts(await running.ask(resolver)) == ["bitcoin:?lno=new"]


async def test_a_kept_answer_counts_down_and_is_asked_for_again_when_it_has_run_out(running: Running) -> None:
    running.world.habits.caches = True
    resolver = running.addresses.resolvers[0]
    record = HandRecord(name=NAME, type="TXT", content='"bitcoin:?lno=old"', ttl=1)
    running.world.hand.put([record])
    asked = time.monotonic()
    assert texts(await running.ask(resolver)) == ["bitcoin:?lno=old"]
    running.put('"bitcoin:?lno=new"')

    async def renewed() -> bool:
        return texts(await running.ask(resolver)) == ["bitcoin:?lno=new"]

    await until(renewed)
    assert time.monotonic() - asked >= 1


async def test_a_removed_ds_is_believed_until_its_ttl_has_run_out(running: Running) -> None:
    """Unsigning at once after the DS has gone: SERVFAIL for who has the DS and the keys, insecure for who has not."""
    running.put('"bitcoin:?lno=one"')
    sign(running, ttl_s=2)
    running.world.parent.change(Registry(ds_ttl=2))
    asked = time.monotonic()
    assert [await ours(running, number) for number in (0, 1)] == ["secure", "secure"]
    await set_ds(running)
    unsign(running)
    assert await ours(running, 2) == "insecure"

    async def recovered() -> bool:
        found = await ours(running, 0)
        assert found in ("bogus", "insecure")
        return found == "insecure"

    await until(recovered, 30)
    assert time.monotonic() - asked >= 2


async def test_keys_that_failed_are_held_on_to(running: Running) -> None:
    running.put('"bitcoin:?lno=one"')
    running.world.habits.bad_key_hold_s = 3600
    own = ds_texts(running, 0)
    await set_ds(running, "1 13 2 " + "00" * 32, ttl=0)
    assert await ours(running, 0) == "bogus"
    await set_ds(running, *own)
    assert await ours(running, 0) == "bogus"
    assert await ours(running, 1) == "secure"


async def test_unchecked_answers_come_even_when_they_are_bogus(running: Running) -> None:
    """CD=1 tells bogus from unreachable."""
    running.put('"bitcoin:?lno=one"')
    both, resolver = ["127.0.0.3", "127.0.0.4"], running.addresses.resolvers[0]
    running.world.set_fault(both, ["bogus"])
    assert (await running.ask(resolver)).rcode() is Rcode.SERVFAIL
    assert texts(await running.ask(resolver, flags=dns.flags.CD)) == ["bitcoin:?lno=one"]
    running.world.set_fault(both, ["silent"])
    assert (await running.ask(resolver, flags=dns.flags.CD)).rcode() is Rcode.SERVFAIL


async def test_the_next_address_is_asked_when_the_first_one_lies(running: Running) -> None:
    running.put('"bitcoin:?lno=one"')
    for fault in ("bogus", "expired", "unsigned", "wrong-key", "servfail"):
        running.world.forget()
        running.world.set_fault(["127.0.0.3"], [fault])
        assert await ours(running) == "secure", fault
