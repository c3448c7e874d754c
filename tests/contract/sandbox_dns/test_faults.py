"""Each fault of an authoritative address, and that its neighbour stays well."""

import asyncio

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import pytest
from dns.rcode import Rcode

from services.sandbox.state import HandRecord

from .asking import NAME, SHOP_1, SHOP_2, Running, texts, types

SILENCE_S = 0.3
SHOP = "shop.test."


@pytest.fixture
def served(running: Running) -> Running:
    """Two changes at one name, so that there is an older truth."""
    running.put('"bitcoin:?lno=old"')
    running.put('"bitcoin:?lno=new"')
    return running


async def validates(running: Running, answer: dns.message.Message) -> bool:
    keys = (await running.ask(SHOP_2, "shop.test.", "DNSKEY")).answer
    try:
        dns.dnssec.validate(answer.answer[0], answer.answer[1], {dns.name.from_text("shop.test."): keys[0]})
    except dns.exception.ValidationFailure:
        return False
    return True


async def silent(running: Running, *, tcp: bool) -> bool:
    try:
        await running.ask(SHOP_1, tcp=tcp, timeout_s=SILENCE_S)
    except dns.exception.Timeout:
        return True
    return False


async def test_stale_is_one_change_behind_and_validates(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["stale"])
    behind = await served.ask(SHOP_1)
    assert texts(behind) == ["bitcoin:?lno=old"]
    assert await validates(served, behind)
    assert texts(await served.ask(SHOP_2)) == ["bitcoin:?lno=new"]


async def test_frozen_stays_where_it_was(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["frozen"])
    served.put('"bitcoin:?lno=newer"')
    served.put('"bitcoin:?lno=newest"')
    assert texts(await served.ask(SHOP_1)) == ["bitcoin:?lno=new"]


async def test_unsigned_shows_no_trace_of_dnssec(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["unsigned"])
    assert types((await served.ask(SHOP_1)).answer) == ["TXT"]
    assert types((await served.ask(SHOP_1, "nobody.shop.test.")).authority) == ["SOA"]
    assert types((await served.ask(SHOP_1, "shop.test.", "DNSKEY")).answer) == []


@pytest.mark.parametrize("fault", ["bogus", "expired", "wrong-key"])
async def test_a_signature_that_does_not_hold(served: Running, fault: str) -> None:
    served.world.set_fault([SHOP_1], [fault])
    answer = await served.ask(SHOP_1)
    assert texts(answer) == ["bitcoin:?lno=new"]
    assert not await validates(served, answer)
    assert await validates(served, await served.ask(SHOP_2))


async def test_a_wrong_key_signs_well_and_no_ds_knows_it(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["wrong-key"])
    answer, keys = await served.ask(SHOP_1), (await served.ask(SHOP_1, SHOP, "DNSKEY")).answer
    dns.dnssec.validate(answer.answer[0], answer.answer[1], {dns.name.from_text(SHOP): keys[0]})
    dns.dnssec.validate(keys[0], keys[1], {dns.name.from_text(SHOP): keys[0]})
    known = (await served.ask("127.0.0.2", SHOP, "DS")).answer[0]
    assert not {dns.dnssec.make_ds(dns.name.from_text(SHOP), key, "SHA256") for key in keys[0]} & set(known)
    assert (await served.ask(SHOP_1, SHOP, "DNSKEY")).answer[0] == keys[0]


async def test_tcp_refused(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["refuse-tcp"])
    with pytest.raises((OSError, EOFError)):
        await served.ask(SHOP_1, tcp=True)
    assert texts(await served.ask(SHOP_1)) == ["bitcoin:?lno=new"]


async def test_udp_dropped(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["drop-udp"])
    assert await silent(served, tcp=False)
    assert texts(await served.ask(SHOP_1, tcp=True)) == ["bitcoin:?lno=new"]


async def test_silent_on_both_transports(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["silent"])
    assert all(await asyncio.gather(silent(served, tcp=False), silent(served, tcp=True)))


async def test_servfail_and_truncate(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["servfail"])
    assert (await served.ask(SHOP_1)).rcode() is Rcode.SERVFAIL
    served.world.set_fault([SHOP_1], ["truncate"])
    answer = await served.ask(SHOP_1)
    assert answer.flags & dns.flags.TC
    assert not answer.answer
    assert texts(await served.ask(SHOP_1, tcp=True)) == ["bitcoin:?lno=new"]


async def test_faults_go_together_and_go_away(served: Running) -> None:
    served.world.set_fault([SHOP_1], ["stale", "refuse-tcp"])
    assert texts(await served.ask(SHOP_1)) == ["bitcoin:?lno=old"]
    served.world.faults.clear()
    assert texts(await served.ask(SHOP_1, tcp=True)) == ["bitcoin:?lno=new"]


@pytest.mark.parametrize(("address", "fault"), [(SHOP_1, "tired"), ("127.0.0.9", "stale")])
async def test_a_fault_that_makes_no_sense_changes_nothing(served: Running, address: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault if fault == "tired" else address):
        served.world.set_fault([SHOP_1, address], [fault])
    assert texts(await served.ask(SHOP_1)) == ["bitcoin:?lno=new"]


async def test_a_second_record_by_hand(served: Running) -> None:
    served.world.hand.put([HandRecord(name=NAME, type="TXT", content='"bitcoin:?lno=decoy"')])
    assert texts(await served.ask(SHOP_1)) == ["bitcoin:?lno=decoy", "bitcoin:?lno=new"]
    served.world.hand.put([], [(NAME.upper().rstrip("."), "txt")])
    assert texts(await served.ask(SHOP_1)) == []


@pytest.mark.parametrize(
    ("name", "rdtype", "content"),
    [("alice.elsewhere.test.", "TXT", '"x"'), ("a.shop.test.", "NOTYPE", "x"), ("a.shop.test.", "A", "x")],
)
async def test_what_is_no_record_is_refused(served: Running, name: str, rdtype: str, content: str) -> None:
    with pytest.raises(ValueError, match=r"not a DNS record|takes only|takes records"):
        served.put(content, name, rdtype)
    assert texts(await served.ask(SHOP_1)) == ["bitcoin:?lno=new"]
