"""Zones that are signed, unsigned and rolled while they serve: every state judged by unbound and delv."""

import time
from pathlib import Path

import dns.dnssec
import dns.name
import pytest
from dns.rdatatype import RdataType

from services.sandbox.dns.parent import Registry
from services.sandbox.dns.universe import SHOP
from services.sandbox.state import Announced
from tests.waiting import until

from .asking import NAME, SHOP_1, SHOP_2, Running, new_world, texts, types
from .signing import add_key, ds_texts, ours, sign, stored, unbound, unsign, verdicts
from .updating import send, set_ds, txt_update

SECURE, INSECURE, BOGUS = ("secure",) * 3, ("insecure",) * 3, ("bogus",) * 3


@pytest.fixture
def served(running: Running) -> Running:
    """A name in a signed zone."""
    running.put('"bitcoin:?lno=one"')
    return running


async def test_signed_unsigned_and_signed_again(served: Running, tmp_path: Path) -> None:
    assert await verdicts(served, tmp_path / "signed") == SECURE
    own = ds_texts(served, 0)
    await set_ds(served)
    assert await verdicts(served, tmp_path / "no-ds") == INSECURE
    unsign(served)
    assert await verdicts(served, tmp_path / "unsigned") == INSECURE
    assert types((await served.ask(SHOP_1)).answer) == ["TXT"]
    assert types((await served.ask(SHOP_1, "nobody.shop.test.")).authority) == ["SOA"]
    assert types((await served.ask(SHOP_1, "shop.test.", "DNSKEY")).answer) == []
    sign(served, signed=True)
    await set_ds(served, *own)
    assert await verdicts(served, tmp_path / "again") == SECURE


async def test_every_step_of_a_roll(served: Running, tmp_path: Path) -> None:
    add_key(served)
    keys = (await served.ask(SHOP_2, "shop.test.", "DNSKEY")).answer
    assert (len(keys[0]), len(keys[1])) == (3, 2)
    assert await verdicts(served, tmp_path / "both") == SECURE
    await set_ds(served, *ds_texts(served, 0, 1))
    assert await verdicts(served, tmp_path / "both-ds") == SECURE
    await set_ds(served, *ds_texts(served, 1))
    assert await verdicts(served, tmp_path / "new-ds") == SECURE
    sign(served, ksks=stored(served).ksks[1:])
    assert await verdicts(served, tmp_path / "new-only") == SECURE


async def test_unsafe_orders_are_bogus_everywhere(served: Running, tmp_path: Path) -> None:
    add_key(served)
    old, new = ds_texts(served, 0), ds_texts(served, 1)
    both = stored(served).ksks
    sign(served, ksks=both[1:])
    assert await verdicts(served, tmp_path / "old-ds-new-key") == BOGUS
    sign(served, ksks=both[:1])
    await set_ds(served, *new)
    assert await verdicts(served, tmp_path / "new-ds-old-key") == BOGUS
    await set_ds(served, *old)
    unsign(served)
    assert await verdicts(served, tmp_path / "unsigned-too-early") == BOGUS


STRANGE = "1 13 2 " + "00" * 32


@pytest.mark.parametrize(
    ("served_keys", "at_parent", "expected"),
    [
        ((), (), "insecure"),
        ((), (0,), "bogus"),
        ((), (0, 1), "bogus"),
        ((0,), (), "insecure"),
        ((0,), (0,), "secure"),
        ((0,), (1,), "bogus"),
        ((0,), (0, 1), "secure"),
        ((1,), (0,), "bogus"),
        ((1,), (1,), "secure"),
        ((0, 1), (), "insecure"),
        ((0, 1), (0,), "secure"),
        ((0, 1), (1,), "secure"),
        ((0, 1), (0, 1), "secure"),
    ],
)
@pytest.mark.parametrize("stranger", [False, True])
async def test_every_pair_of_keys_and_ds_is_judged_alike(
    served: Running,
    tmp_path: Path,
    served_keys: tuple[int, ...],
    at_parent: tuple[int, ...],
    expected: str,
    stranger: bool,
) -> None:
    """`served_keys` sign (none: unsigned), `at_parent` are in the DS, with or without a DS of no key beside them."""
    add_key(served)
    both = stored(served).ksks
    ds = [*ds_texts(served, *at_parent), *([STRANGE] if stranger else [])]
    await set_ds(served, *ds)
    if served_keys:
        sign(served, ksks=tuple(both[number] for number in served_keys))
    else:
        unsign(served)
    wanted = "bogus" if stranger and not at_parent else expected
    assert await verdicts(served, tmp_path / "judge") == (wanted,) * 3


async def test_a_validator_with_the_old_ds_in_its_cache_fails_when_the_old_key_goes(
    served: Running, tmp_path: Path
) -> None:
    """DS replaced and the old key removed at once: who has asked before fails, who has not is well."""
    sign(served, ttl_s=1)
    async with unbound(served, tmp_path / "asked-before") as judge:
        name = dns.name.from_text(NAME)
        assert (await judge.judge(name)).verdict == "secure"
        assert await ours(served) == "secure"
        add_key(served)
        await set_ds(served, *ds_texts(served, 1))
        sign(served, ksks=stored(served).ksks[1:])

        async def both_fail() -> (
            bool
        ):  # once the DNSKEY RRset (TTL 1 s) has run out; unbound's TXT is still in its cache
            other = dns.name.from_text("nobody." + NAME)
            return await ours(served) == "bogus" and (await judge.judge(other)).verdict == "bogus"

        await until(both_fail, 30)
    assert await verdicts(served, tmp_path / "fresh") == SECURE


async def test_keys_outlive_their_ds_in_a_cache(served: Running, tmp_path: Path) -> None:
    """Unsigning when the DS has run out everywhere is still too early: validated keys are kept for their own TTL."""
    sign(served, ttl_s=60)
    served.world.parent.change(Registry(ds_ttl=1))
    async with unbound(served, tmp_path / "asked-before") as judge:
        assert (await judge.judge(dns.name.from_text(NAME))).verdict == "secure"
        assert await ours(served, 0) == "secure"
        await set_ds(served)
        removed = time.monotonic()

        async def ds_has_run_out() -> bool:
            return time.monotonic() - removed > 1.5 and await ours(served, 1) == "insecure"

        await until(ds_has_run_out, 30)
        unsign(served)
        assert (await judge.judge(dns.name.from_text("nobody." + NAME))).verdict == "bogus"
        assert await ours(served, 0) == "bogus"
    assert await verdicts(served, tmp_path / "fresh") == INSECURE


async def test_keys_are_announced_or_asked_to_be_forgotten(served: Running) -> None:
    own = ds_texts(served, 0)
    cds = (await served.ask(SHOP_1, "shop.test.", "CDS")).answer
    cdnskey = (await served.ask(SHOP_1, "shop.test.", "CDNSKEY")).answer
    keys = (await served.ask(SHOP_1, "shop.test.", "DNSKEY")).answer
    assert [rdata.to_text() for rdata in cds[0]] == own
    assert dns.dnssec.make_cds("shop.test.", cdnskey[0][0], "SHA256") == cds[0][0]
    for rrset, signatures in (cds, cdnskey):
        dns.dnssec.validate(rrset, signatures, {SHOP: keys[0]})
        assert signatures[0].key_tag == dns.dnssec.key_id(next(key for key in keys[0] if key.flags == 257))
    sign(served, announced=Announced.DELETE)
    assert (await served.ask(SHOP_1, "shop.test.", "CDS")).answer[0][0].to_text() == "0 0 0 00"
    assert (await served.ask(SHOP_1, "shop.test.", "CDNSKEY")).answer[0][0].to_text() == "0 3 0 AA=="
    sign(served, announced=Announced.NOTHING)
    assert (await served.ask(SHOP_1, "shop.test.", "CDS")).answer == []


async def test_a_stale_address_is_signed_as_it_was(served: Running) -> None:
    add_key(served)
    served.world.set_fault([SHOP_2], ["stale"])
    assert len((await served.ask(SHOP_1, "shop.test.", "DNSKEY")).answer[0]) == 3
    assert len((await served.ask(SHOP_2, "shop.test.", "DNSKEY")).answer[0]) == 2
    unsign(served)
    assert types((await served.ask(SHOP_1)).answer) == ["TXT"]
    assert types((await served.ask(SHOP_2)).answer) == ["TXT", "RRSIG"]


async def test_a_new_zone_is_unsigned_and_takes_updates(running: Running, tmp_path: Path) -> None:
    running.world.children.new(dns.name.from_text("market.test."))
    name = "bob.user._bitcoin-payment.market.test."
    message = txt_update(running, "market.test.")
    message.add(name, 60, "TXT", '"bitcoin:?lno=bob"')
    await send(running, message)
    answer = await running.ask(running.addresses.resolvers[0], name)
    assert texts(answer) == ["bitcoin:?lno=bob"]
    assert not answer.flags & 0x20
    proof = (await running.ask("127.0.0.2", "market.test.", "DS")).authority
    assert types(proof) == ["SOA", "RRSIG", "NSEC", "RRSIG"]
    await running.world.stop()
    again = new_world(tmp_path)
    restarted = Running(again, await again.start())
    assert texts(await restarted.ask(SHOP_2, name)) == ["bitcoin:?lno=bob"]
    await again.stop()


async def test_how_it_is_signed_survives_a_restart(tmp_path: Path) -> None:
    first = new_world(tmp_path)
    running = Running(first, await first.start())
    add_key(running)
    keys = (await running.ask(SHOP_1, "shop.test.", "DNSKEY")).answer[0]
    await first.stop()
    second = new_world(tmp_path)
    again = Running(second, await second.start())
    assert (await again.ask(SHOP_1, "shop.test.", "DNSKEY")).answer[0] == keys
    unsign(again)
    await second.stop()
    third = new_world(tmp_path)
    once_more = Running(third, await third.start())
    assert (await once_more.ask(SHOP_1, "shop.test.", "DNSKEY")).answer == []
    await third.stop()


@pytest.mark.parametrize("rdtype", [RdataType.DNSKEY, RdataType.CDS])
async def test_the_ttl_of_keys_is_settable(served: Running, rdtype: RdataType) -> None:
    sign(served, ttl_s=7)
    assert (await served.ask(SHOP_1, "shop.test.", RdataType.to_text(rdtype))).answer[0].ttl == 7


async def test_a_zone_never_loses_its_last_signature(served: Running) -> None:
    with pytest.raises(ValueError, match="no key would sign"):
        sign(served, ksks=())
