"""Absence, wildcards, aliases, limits and finding the way: the walker against zones damaged on purpose."""

from typing import Any

import dns.dnssec
import dns.name
import dns.rdatatype
import pytest
from dns.rdatatype import CNAME, DS, NSEC, TXT

from services.dnssec_verifier.chain.policy import Policy
from services.dnssec_verifier.chain.verdict import (
    Bogus,
    BogusReason,
    Failure,
    Indeterminate,
    IndeterminateReason,
)
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.chain.zone import Zone
from tests.unit.dnssec.signed_world import ALICE, NOW, URI, Shop, SignedZone, n, private_key, rrset, shop_world


async def ask(shop: Shop, name: dns.name.Name = ALICE, now: float = NOW, **options: Any) -> Answer | Failure:
    return await shop.walker(now, **options).resolve(name, TXT)


async def reason(shop: Shop, name: dns.name.Name = ALICE, now: float = NOW, **options: Any) -> object:
    answer = await ask(shop, name, now, **options)
    assert isinstance(answer, Bogus | Indeterminate), answer
    return answer.reason


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize(
    "name", ["bob.user._bitcoin-payment.shop.test.", "user._bitcoin-payment.shop.test.", "shop.test."]
)
async def test_absence_is_proven(compact: bool, name: str) -> None:
    answer = await ask(shop_world(compact=compact), n(name))
    assert isinstance(answer, Answer), answer
    assert answer.rrset is None
    assert answer.verdict.cache_s == 60


@pytest.mark.parametrize("compact", [False, True])
async def test_absence_without_nsec_is_bogus(compact: bool) -> None:
    shop = shop_world(compact=compact, drop_nsec=True)
    assert await reason(shop, n("bob.user._bitcoin-payment.shop.test.")) is BogusReason.ABSENCE_UNPROVEN


async def test_nxdomain_needs_the_wildcard_denied_too() -> None:
    shop = shop_world()
    shop.shop.add(rrset("a.shop.test.", 300, "A", "192.0.2.9"))
    assert isinstance(await ask(shop, n("aa.shop.test.")), Answer)
    shop.shop.nsec_filter = lambda owner: owner != shop.shop.name  # `*.shop.test.` sorts right after the apex
    assert await reason(shop, n("aa.shop.test.")) is BogusReason.ABSENCE_UNPROVEN


async def test_a_ds_never_comes_from_a_wildcard() -> None:
    shop = shop_world()

    def tamper(message: Any) -> None:
        for rr in [rr for rr in message.authority if rr.rdtype == DS and rr.name == shop.shop.name]:
            others = [one for one in message.authority if one is not rr and one.covers != DS]
            message.authority[:] = [*others, *shop.test.sign(rr, wildcard=n("*.test."))]

    shop.world.tamper = tamper
    assert await reason(shop) is BogusReason.WILDCARD_FORBIDDEN


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ({"drop_signatures_of": frozenset({NSEC})}, BogusReason.SIGNATURE_MISSING),
        ({"break_signatures_of": frozenset({NSEC})}, BogusReason.SIGNATURE_WRONG),
    ],
)
@pytest.mark.parametrize("compact", [False, True])
async def test_an_unproven_nsec_proves_nothing(damage: dict[str, Any], expected: BogusReason, compact: bool) -> None:
    shop = shop_world(compact=compact, **damage)
    assert await reason(shop, n("bob.user._bitcoin-payment.shop.test.")) is expected


async def test_an_nsec_of_another_zone_is_ignored() -> None:
    shop = shop_world()

    def tamper(message: Any) -> None:
        if message.question[0].rdtype == TXT and not message.answer:
            message.authority.append(rrset("a.example.", 60, "NSEC", "c.example. A"))

    shop.world.tamper = tamper
    assert isinstance(await ask(shop, n("bob.user._bitcoin-payment.shop.test.")), Answer)


async def test_the_childs_own_nsec_does_not_prove_the_absence_of_its_ds() -> None:
    """An NSEC with the SOA bit is the child's: it knows nothing about DS (RFC 6840 §4.1)."""
    shop = shop_world(signed=False)
    shop.test.drop_nsec = True
    fake = SignedZone(shop.shop.name)

    def tamper(message: Any) -> None:
        if any(rr.rdtype == dns.rdatatype.NS and rr.name == shop.shop.name for rr in message.authority):
            message.authority += shop.test.nsec(shop.shop.name, n("z.test."), {2, 6})

    assert fake.name == shop.shop.name
    shop.world.tamper = tamper
    assert await reason(shop) is BogusReason.DS_UNPROVEN


async def test_a_wildcard_needs_its_proof() -> None:
    shop = shop_world()
    shop.shop.add(rrset("*.user._bitcoin-payment.shop.test.", 300, "TXT", '"bitcoin:?lno=lno1wild"'))
    for user in ("bob", "zoe", "aa"):  # in the middle, after the last name (next is the apex), before the first
        answer = await ask(shop, n(f"{user}.user._bitcoin-payment.shop.test."))
        assert isinstance(answer, Answer), answer
        assert answer.rrset is not None
        assert answer.verdict.cache_s == 60
    shop.shop.drop_nsec = True
    assert await reason(shop, n("bob.user._bitcoin-payment.shop.test.")) is BogusReason.WILDCARD_UNPROVEN


async def test_a_wildcard_cannot_hide_an_existing_name() -> None:
    """The answer for alice signed as the wildcard, with the NSEC that stands at alice: the name exists, so refused."""
    shop = shop_world()
    wild = n("*.user._bitcoin-payment.shop.test.")
    shop.shop.add(rrset(str(wild), 300, "TXT", '"bitcoin:?lno=lno1wild"'))

    def tamper(message: Any) -> None:
        if message.question[0].rdtype == TXT and message.answer:
            forged = rrset(str(ALICE), 300, "TXT", '"bitcoin:?lno=lno1wild"')
            message.answer[:] = shop.shop.sign(forged, wildcard=wild)
            message.authority[:] = shop.shop.nsec_for(ALICE)

    shop.world.tamper = tamper
    assert await reason(shop) is BogusReason.WILDCARD_UNPROVEN


async def test_two_keys_with_one_tag_both_work() -> None:
    shop = shop_world(algorithm=15)
    shop.shop.extra_keys = [twin(shop.shop)]
    answer = await ask(shop)
    assert isinstance(answer, Answer), answer


async def test_many_keys_with_one_tag_are_refused() -> None:
    shop = shop_world(algorithm=15)
    shop.shop.extra_keys = [twin(shop.shop)]
    assert await reason(shop, policy=Policy(keys_per_tag=1)) is BogusReason.TOO_MANY_KEYS


async def test_work_is_bounded() -> None:
    assert await reason(shop_world(), policy=Policy(checks=3)) is BogusReason.TOO_MANY_SIGNATURES
    assert await reason(shop_world(), policy=Policy(queries=3)) is IndeterminateReason.TOO_MANY_QUERIES
    assert await reason(shop_world(), policy=Policy(zones=1)) is IndeterminateReason.TOO_MANY_ZONES
    assert await reason(shop_world(), policy=Policy(records=2)) is BogusReason.TOO_MANY_RECORDS


async def test_weak_rsa_is_refused_when_the_policy_says_so() -> None:
    shop = shop_world(algorithm=8)
    assert await reason(shop, policy=Policy(rsa_bits=4096)) is BogusReason.DS_MISMATCH


async def test_aliases_are_followed_and_proven() -> None:
    shop = shop_world()
    shop.shop.add(rrset("carol.user._bitcoin-payment.shop.test.", 40, "CNAME", str(ALICE)))
    answer = await ask(shop, n("carol.user._bitcoin-payment.shop.test."))
    assert isinstance(answer, Answer), answer
    assert answer.name == ALICE
    assert answer.verdict.cache_s == 40
    shop.shop.break_signatures_of = frozenset({CNAME})
    assert await reason(shop, n("carol.user._bitcoin-payment.shop.test.")) is BogusReason.SIGNATURE_WRONG


async def test_dname_is_followed() -> None:
    shop = shop_world()
    shop.shop.add(rrset("old.shop.test.", 300, "DNAME", "user._bitcoin-payment.shop.test."))
    answer = await ask(shop, n("alice.old.shop.test."))
    assert isinstance(answer, Answer), answer
    assert answer.name == ALICE


async def test_alias_loops_end() -> None:
    shop = shop_world()
    shop.shop.add(rrset("x.shop.test.", 300, "CNAME", "y.shop.test."))
    shop.shop.add(rrset("y.shop.test.", 300, "CNAME", "x.shop.test."))
    assert await reason(shop, n("x.shop.test.")) is BogusReason.ALIAS_LOOP
    for hop in range(20):
        shop.shop.add(rrset(f"h{hop}.shop.test.", 300, "CNAME", f"h{hop + 1}.shop.test."))
    assert await reason(shop, n("h0.shop.test.")) is BogusReason.ALIAS_LOOP


async def test_an_unsigned_nsec3_proves_nothing() -> None:
    shop = shop_world(drop_nsec=True)

    def tamper(message: Any) -> None:
        if not message.answer and message.question[0].rdtype == TXT:
            text = "1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s A"
            owner = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.shop.test."
            message.authority.append(rrset(owner, 60, "NSEC3", text))

    shop.world.tamper = tamper
    assert await reason(shop, n("bob.user._bitcoin-payment.shop.test.")) is BogusReason.SIGNATURE_MISSING


async def test_nobody_answers() -> None:
    shop = shop_world()
    del shop.world.zones["192.0.2.3"], shop.world.zones["192.0.2.4"]
    assert await reason(shop) is IndeterminateReason.UNREACHABLE


async def test_server_names_outside_are_looked_up() -> None:
    shop = shop_world()
    other = SignedZone(n("servers.test."))
    shop.test.delegate(other, {"ns.servers.test.": "192.0.2.7"})
    shop.world.serve("192.0.2.7", other)
    other.add(rrset("far.servers.test.", 300, "A", "192.0.2.8"))
    remote = SignedZone(n("remote."))
    remote.add(rrset("pay.remote.", 300, "TXT", URI))
    shop.root.delegate(remote, {"far.servers.test.": "192.0.2.8"})
    remote.servers = {}
    shop.world.serve("192.0.2.8", remote)
    answer = await ask(shop, n("pay.remote."))
    assert isinstance(answer, Answer), answer
    assert answer.verdict.zones == (".", "remote.")


async def test_proven_zones_are_kept_and_forgotten_when_they_fail() -> None:
    shop = shop_world()
    walker = shop.walker()
    assert isinstance(await walker.resolve(ALICE, TXT), Answer)
    before = len(shop.world.asked)
    assert isinstance(await walker.resolve(ALICE, TXT), Answer)
    assert len(shop.world.asked) == before + 1
    shop.shop.key = private_key(13)  # the zone rolls its key at once: what is cached no longer fits
    shop.shop.dnskey = dns.dnssec.make_dnskey(shop.shop.key.public_key(), 13, flags=257)
    assert isinstance(await walker.resolve(ALICE, TXT), Answer)


async def test_zone_of_gives_every_address_the_parent_delegates() -> None:
    zone = await shop_world().walker().zone_of(ALICE)
    assert isinstance(zone, Zone)
    assert (str(zone.name), zone.servers.addresses) == ("shop.test.", ("192.0.2.3", "192.0.2.4"))


async def test_zone_of_a_name_that_does_not_exist_yet() -> None:
    for compact in (False, True):
        zone = (
            await shop_world(compact=compact, one_server=True)
            .walker()
            .zone_of(n("new.user._bitcoin-payment.shop.test."))
        )
        assert isinstance(zone, Zone)
        assert str(zone.name) == "shop.test."


def twin(zone: SignedZone) -> Any:
    """Another key with the zone key's tag: the tag is a sum of 16-bit words, so swapping two of them keeps it."""
    words = bytes(zone.dnskey.key)
    return zone.dnskey.replace(key=words[2:4] + words[0:2] + words[4:])
