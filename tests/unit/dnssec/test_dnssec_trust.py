"""The root's keys and our anchors: whether they fit, do not, or cannot be asked; and keys not worth what they cost."""

import dns.dnssec
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa

from services.dnssec_verifier.chain.keys import zone_key
from services.dnssec_verifier.chain.nsec import Gap, denies
from services.dnssec_verifier.chain.policy import Policy
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.chain.zone import Delegation
from services.dnssec_verifier.trust import check_trust
from tests.unit.dnssec.signed_world import NOW, Shop, SignedZone, n, shop_world


def walker(shop: Shop, *anchors: SignedZone, at: str = "192.0.2.1") -> Walker:
    return Walker(shop.world, [zone.ds() for zone in anchors], Delegation((), (at,)), clock=lambda: NOW)


async def test_one_anchor_of_two_is_enough_and_is_named() -> None:
    shop = shop_world()
    with structlog.testing.capture_logs() as logged:
        assert await check_trust(walker(shop, SignedZone(n(".")), shop.root)) == "trusted"
    assert logged[-1]["vouching"] == [shop.root.ds().key_tag]


async def test_anchors_that_fit_no_key_are_an_error_in_plain_words() -> None:
    with structlog.testing.capture_logs() as logged:
        assert await check_trust(walker(shop_world(), SignedZone(n(".")))) == "broken"
    assert (logged[-1]["event"], logged[-1]["log_level"]) == ("anchors.broken", "error")
    assert "trust anchors" in logged[-1]["detail"]


async def test_a_root_that_cannot_be_asked_is_not_a_broken_one() -> None:
    shop = shop_world()
    assert await check_trust(walker(shop, shop.root, at="192.0.2.99")) == "unknown"


async def test_a_root_that_rolls_its_key_is_noticed_at_the_next_look() -> None:
    shop = shop_world()
    looking = walker(shop, shop.root)
    assert await check_trust(looking) == "trusted"
    successor = SignedZone(n("."))
    shop.root.key, shop.root.dnskey = successor.key, successor.dnskey
    assert await check_trust(looking) == "broken"


@pytest.mark.parametrize(
    ("policy", "accepted"),
    [(Policy(), True), (Policy(rsa_bits_most=1024), False), (Policy(rsa_exponent_bits=16), False)],
)
def test_rsa_keys_that_only_cost_time_are_no_keys(policy: Policy, accepted: bool) -> None:
    key = rsa.generate_private_key(65537, 2048)
    record = dns.dnssec.make_dnskey(key.public_key(), 8, flags=257)
    assert (zone_key(record, policy) is not None) is accepted


def test_gaps_that_contradict_each_other_prove_nothing() -> None:
    """One NSEC says that there is nothing up to the end of the zone, the other stands right there."""
    apex = n("shop.test.")
    honest = Gap(n("a.b.shop.test."), n("z.shop.test."), frozenset({16}), apex)
    before = Gap(apex, n("a.b.shop.test."), frozenset({6}), apex)
    assert denies([honest, before], n("c.b.shop.test."), 16)
    assert not denies([honest, Gap(apex, apex, frozenset({6}), apex)], n("c.b.shop.test."), 16)
