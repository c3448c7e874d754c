"""The walker against good zones and against zones damaged on purpose; each rule of RFC 4035 §5 has its own damage."""

from typing import Any, cast

import dns.dnssec
import dns.name
import dns.rdatatype
import pytest
from dns.rdatatype import DNSKEY, DS, TXT
from dns.rdtypes.ANY.DNSKEY import DNSKEY as RR_DNSKEY
from dns.rdtypes.ANY.DS import DS as RR_DS

from services.dnssec_verifier.chain.policy import Policy
from services.dnssec_verifier.chain.verdict import (
    Bogus,
    BogusReason,
    Failure,
    Indeterminate,
    Insecure,
)
from services.dnssec_verifier.chain.walk import Answer
from tests.unit.dnssec.signed_world import ALICE, DAY, NOW, URI, Shop, SignedZone, n, private_key, rrset, shop_world


async def ask(shop: Shop, name: dns.name.Name = ALICE, now: float = NOW, **options: Any) -> Answer | Failure:
    return await shop.walker(now, **options).resolve(name, TXT)


async def reason(shop: Shop, name: dns.name.Name = ALICE, now: float = NOW, **options: Any) -> object:
    answer = await ask(shop, name, now, **options)
    assert isinstance(answer, Bogus | Indeterminate), answer
    return answer.reason


@pytest.mark.parametrize("one_server", [False, True])
@pytest.mark.parametrize("algorithm", [8, 10, 13, 14, 15])
async def test_a_good_chain_is_secure(one_server: bool, algorithm: int) -> None:
    answer = await ask(shop_world(one_server=one_server, algorithm=algorithm))
    assert isinstance(answer, Answer)
    assert answer.rrset is not None
    assert [record.to_text() for record in answer.rrset] == [URI]
    assert answer.verdict.zones == (".", "test.", "shop.test.")
    assert (answer.verdict.valid_from, answer.verdict.valid_until) == (NOW - DAY, NOW + DAY)
    assert answer.verdict.cache_s == 300


async def test_cache_time_is_the_lowest_original_ttl_in_the_chain() -> None:
    shop = shop_world()
    shop.test.ttl = 17
    answer = await ask(shop)
    assert isinstance(answer, Answer)
    assert answer.verdict.cache_s == 17


async def test_the_window_is_the_intersection() -> None:
    shop = shop_world()
    shop.test.inception, shop.root.expiration = NOW - 5, NOW + 7
    answer = await ask(shop)
    assert isinstance(answer, Answer)
    assert (answer.verdict.valid_from, answer.verdict.valid_until) == (NOW - 5, NOW + 7)
    assert answer.verdict.cache_s == 7


@pytest.mark.parametrize("covered", [TXT, DNSKEY])
async def test_a_dropped_signature_is_bogus(covered: dns.rdatatype.RdataType) -> None:
    shop = shop_world(drop_signatures_of=frozenset({covered}))
    assert await reason(shop) is BogusReason.SIGNATURE_MISSING


@pytest.mark.parametrize("covered", [TXT, DNSKEY])
async def test_a_broken_signature_is_bogus(covered: dns.rdatatype.RdataType) -> None:
    shop = shop_world(break_signatures_of=frozenset({covered}))
    assert await reason(shop) is BogusReason.SIGNATURE_WRONG


async def test_a_broken_ds_signature_is_bogus() -> None:
    shop = shop_world()
    shop.test.break_signatures_of = frozenset({DS})
    assert await reason(shop) is BogusReason.SIGNATURE_WRONG


@pytest.mark.parametrize("one_server", [False, True])
async def test_changed_records_are_bogus(one_server: bool) -> None:
    shop = shop_world(one_server=one_server)

    def tamper(message: Any) -> None:
        other = rrset(str(ALICE), 300, "TXT", '"other"')
        message.answer[:] = [other if rr.rdtype == TXT else rr for rr in message.answer]

    shop.world.tamper = tamper
    assert await reason(shop) is BogusReason.SIGNATURE_WRONG


@pytest.mark.parametrize("signer", ["evil.test.", "test.", "user._bitcoin-payment.shop.test."])
async def test_only_the_zone_may_sign(signer: str) -> None:
    shop = shop_world(signer=n(signer))
    assert await reason(shop) is BogusReason.SIGNER_WRONG


async def test_a_sibling_zone_cannot_vouch() -> None:
    """The dnspython hole of facts/dns §5.1: a key of evil.test must not validate a name of shop.test."""
    shop = shop_world()
    evil = SignedZone(n("evil.test."))
    shop.test.delegate(evil, {"ns.evil.test.": "192.0.2.66"})
    shop.world.serve("192.0.2.66", evil)

    def tamper(message: Any) -> None:
        if message.question[0].rdtype == TXT and message.answer:
            message.answer[:] = evil.sign(rrset(str(ALICE), 300, "TXT", '"bitcoin:?lno=lno1evil"'))

    shop.world.tamper = tamper
    assert await reason(shop) is BogusReason.SIGNER_WRONG


async def test_expired_and_not_yet_valid() -> None:
    shop = shop_world()
    assert await reason(shop, now=NOW + DAY + 1) is BogusReason.SIGNATURE_EXPIRED
    assert await reason(shop, now=NOW - DAY - 1) is BogusReason.SIGNATURE_NOT_YET_VALID
    assert isinstance(await ask(shop, now=NOW + DAY + 1, policy=Policy(skew_s=3600)), Answer)


async def test_signature_times_wrap_around() -> None:
    """RRSIG times are serial numbers: in 2106 they start again from zero (RFC 4034 §3.1.5)."""
    shop = shop_world()
    late = (1 << 32) + 1000
    for zone in (shop.root, shop.test, shop.shop):
        zone.inception, zone.expiration = (1 << 32) - 1000, 5000
    answer = await ask(shop, now=late)
    assert isinstance(answer, Answer), answer
    assert (answer.verdict.valid_from, answer.verdict.valid_until) == ((1 << 32) - 1000, (1 << 32) + 5000)


async def test_a_ds_for_another_key_is_bogus() -> None:
    shop = shop_world()
    other = SignedZone(shop.shop.name)
    shop.test.ds_override[shop.shop.name] = other.ds()
    assert await reason(shop) is BogusReason.DS_MISMATCH


async def test_sha1_ds_counts_only_alone() -> None:
    shop = shop_world()
    shop.test.ds_override[shop.shop.name] = shop.shop.ds("SHA1")
    assert isinstance(await ask(shop), Answer)


async def test_sha1_ds_is_ignored_beside_a_stronger_one() -> None:
    shop = shop_world()
    shop.test.ds_override[shop.shop.name] = shop.shop.ds("SHA1")
    shop.test.ds_extra = [SignedZone(shop.shop.name).ds()]
    assert await reason(shop) is BogusReason.DS_MISMATCH


async def test_the_digest_of_a_ds_counts_not_only_its_tag() -> None:
    shop = shop_world()
    shop.test.ds_override[shop.shop.name] = cast(RR_DS, shop.shop.ds().replace(digest=bytes(32)))
    assert await reason(shop) is BogusReason.DS_MISMATCH


async def test_only_a_key_with_a_ds_may_sign_the_key_set() -> None:
    """The classic hole: a key set that vouches for itself, the key of the DS lying in it unused."""
    shop = shop_world()
    honest = shop.shop.dnskey
    shop.test.ds_override[shop.shop.name] = shop.shop.ds()
    shop.shop.key = private_key(13)
    shop.shop.dnskey = dns.dnssec.make_dnskey(shop.shop.key.public_key(), 13, flags=257)
    shop.shop.extra_keys = [honest]
    assert await reason(shop) is BogusReason.KEY_UNKNOWN


@pytest.mark.parametrize("flags", [257 | 0x80, 1, 0])
async def test_revoked_keys_and_keys_not_for_zones_vouch_for_nothing(flags: int) -> None:
    shop = shop_world()
    shop.shop.dnskey = cast(RR_DNSKEY, shop.shop.dnskey.replace(flags=flags))
    assert await reason(shop) is BogusReason.DS_MISMATCH


async def test_a_raised_ttl_does_not_lengthen_the_cache() -> None:
    shop = shop_world()

    def tamper(message: Any) -> None:
        for rr in (*message.answer, *message.authority):
            rr.ttl = 80_000

    shop.world.tamper = tamper
    answer = await ask(shop)
    assert isinstance(answer, Answer), answer
    assert answer.verdict.cache_s == 300


async def test_an_unknown_algorithm_counts_as_unsigned() -> None:
    shop = shop_world()
    shop.test.ds_override[shop.shop.name] = cast(RR_DS, shop.shop.ds().replace(algorithm=5))
    assert await ask(shop) == Insecure("shop.test.")


@pytest.mark.parametrize("one_server", [False, True])
async def test_a_proven_unsigned_zone_is_insecure(one_server: bool) -> None:
    assert await ask(shop_world(one_server=one_server, signed=False)) == Insecure("shop.test.")


async def test_an_unproven_unsigned_zone_is_bogus() -> None:
    shop = shop_world(signed=False)
    shop.test.drop_nsec = True
    assert await reason(shop) is BogusReason.DS_UNPROVEN


async def test_unsigned_answers_of_a_signed_zone_are_bogus() -> None:
    shop = shop_world()
    shop.shop.signed = False
    shop.test.ds_override[shop.shop.name] = shop.shop.ds()
    assert await reason(shop) is BogusReason.DNSKEY_MISSING
