"""NSEC3: absence, wildcards and delegations by hash, in honest zones and in damaged ones."""

from typing import Any

import dns.message
import dns.name
import pytest
from dns.rdatatype import NSEC3, TXT
from dns.rdtypes.ANY.NSEC3 import NSEC3 as RR_NSEC3
from hypothesis import given
from hypothesis import strategies as st

from services.dnssec_verifier.chain.nsec3 import Span3, span3_of
from services.dnssec_verifier.chain.policy import Policy
from services.dnssec_verifier.chain.verdict import Bogus, BogusReason, Indeterminate, IndeterminateReason, Insecure
from services.dnssec_verifier.chain.walk import Answer
from tests.unit.dnssec.hashed_world import HashedZone
from tests.unit.dnssec.signed_world import ALICE, NOW, URI, Shop, SignedZone, n, rrset, shop_world

BOB = n("bob.user._bitcoin-payment.shop.test.")


def hashed_shop(**options: Any) -> tuple[Shop, HashedZone]:
    """The usual world with a shop that hashes."""
    zone = HashedZone(n("shop.test."), **options)
    return shop_world(shop=zone), zone


async def ask(shop: Shop, name: dns.name.Name, **options: Any) -> object:
    return await shop.walker(NOW, **options).resolve(name, TXT)


async def reason(shop: Shop, name: dns.name.Name, **options: Any) -> object:
    answer = await ask(shop, name, **options)
    assert isinstance(answer, Bogus | Indeterminate), answer
    return answer.reason


@pytest.mark.parametrize("options", [{}, {"salt": "1badcafe", "iterations": 7}])
@pytest.mark.parametrize(
    "name",
    [
        "bob.user._bitcoin-payment.shop.test.",
        "user._bitcoin-payment.shop.test.",
        "shop.test.",
        "a.b.c.d.shop.test.",
        "ns1.shop.test.",
    ],
)
async def test_absence_is_proven(name: str, options: dict[str, Any]) -> None:
    shop, _ = hashed_shop(**options)
    answer = await ask(shop, n(name))
    assert isinstance(answer, Answer), answer
    assert answer.rrset is None
    assert answer.verdict.cache_s == 60


async def test_what_exists_is_found() -> None:
    shop, _ = hashed_shop()
    answer = await ask(shop, ALICE)
    assert isinstance(answer, Answer), answer
    assert answer.rrset is not None


async def test_a_wildcard_is_proven_by_the_next_closer_name() -> None:
    shop, zone = hashed_shop()
    zone.add(rrset("*.wild.shop.test.", 300, "TXT", URI))
    for name in ("x.wild.shop.test.", "y.x.wild.shop.test."):
        answer = await ask(shop, n(name))
        assert isinstance(answer, Answer), answer
        assert answer.rrset is not None
    zone.drop_nsec = True
    assert await reason(shop, n("x.wild.shop.test.")) is BogusReason.WILDCARD_UNPROVEN


async def test_a_wildcard_that_lacks_the_type_is_absence() -> None:
    shop, zone = hashed_shop()
    zone.add(rrset("*.wild.shop.test.", 300, "A", "192.0.2.9"))
    answer = await ask(shop, n("x.wild.shop.test."))
    assert isinstance(answer, Answer), answer
    assert answer.rrset is None


async def test_every_part_of_a_closest_encloser_proof_is_needed() -> None:
    """Encloser, next closer name, wildcard: without any one of them nothing is proven (RFC 5155 §8.4)."""
    shop, zone = hashed_shop()
    name = n("aa.shop.test.")
    shown = _hashes_shown(zone, name)
    assert isinstance(await ask(shop, name), Answer)
    assert len(shown) >= 2
    for hidden in shown:
        zone.keep = lambda owner, hidden=hidden: owner != hidden  # type: ignore[misc]  # a default binds it now
        assert await reason(shop, name) is BogusReason.ABSENCE_UNPROVEN


async def test_an_unsigned_delegation_is_insecure_with_and_without_opt_out() -> None:
    for opt_out in (False, True):
        parent = HashedZone(n("test."), opt_out=opt_out)
        shop = shop_world(test=parent, shop=SignedZone(n("shop.test."), signed=False))
        assert await ask(shop, ALICE) == Insecure("shop.test."), opt_out


async def test_a_signed_delegation_under_opt_out_is_secure() -> None:
    shop = shop_world(test=HashedZone(n("test."), opt_out=True))
    assert isinstance(await ask(shop, ALICE), Answer)


async def test_a_missing_ds_that_nobody_denies_is_bogus() -> None:
    parent = HashedZone(n("test."), drop_nsec=True)
    shop = shop_world(test=parent, shop=SignedZone(n("shop.test."), signed=False))
    assert await reason(shop, ALICE) is BogusReason.DS_UNPROVEN


async def test_a_hidden_ds_is_bogus() -> None:
    """The parent's own NSEC3 says that there is a DS, the referral does not show it."""
    parent = HashedZone(n("test."))
    shop = shop_world(test=parent)
    shop.world.tamper = _without_ds
    assert await reason(shop, ALICE) is BogusReason.DS_UNPROVEN


@pytest.mark.parametrize("wild", [False, True])
async def test_absence_in_an_opt_out_span_is_never_called_secure(wild: bool) -> None:
    shop, zone = hashed_shop(opt_out=True)
    if wild:
        zone.add(rrset("*.shop.test.", 300, "TXT", URI))
    answer = await ask(shop, n("nobody.shop.test."))
    assert isinstance(answer, Insecure), answer


async def test_hashing_that_costs_too_much_is_refused() -> None:
    shop, _ = hashed_shop(iterations=101)
    assert await reason(shop, BOB) is IndeterminateReason.NSEC3_ITERATIONS
    shop, _ = hashed_shop(iterations=100)
    assert isinstance(await ask(shop, BOB), Answer)


async def test_how_often_we_hash_is_bounded() -> None:
    shop, _ = hashed_shop()
    deep = n(".".join("abcdefghijklmnopqrstuvwxyz") + ".shop.test.")
    assert await reason(shop, deep, policy=Policy(hashes=10)) is BogusReason.TOO_MANY_HASHES


async def test_an_unknown_hash_proves_nothing() -> None:
    shop, _ = hashed_shop(hash_algorithm=2)
    assert await reason(shop, BOB) is BogusReason.ABSENCE_UNPROVEN


async def test_a_parents_nsec3_at_a_cut_knows_nothing_of_the_child() -> None:
    """RFC 5155 §8.9: taken from the parent, it would deny what the child has."""
    parent = HashedZone(n("test."))
    shop = shop_world(test=parent, one_server=True)

    def tamper(message: dns.message.Message) -> None:
        if message.question[0].rdtype == TXT and message.answer:
            message.answer.clear()
            message.authority[:] = parent.nsec_for(n("shop.test."))

    shop.world.tamper = tamper
    assert isinstance(await ask(shop, ALICE), Bogus)


def test_flags_that_nobody_knows_make_a_record_nothing() -> None:
    record = HashedZone(n("shop.test.")).nsec_for(n("shop.test."))[0]
    owner, rdata = record.name, record[0]
    assert isinstance(rdata, RR_NSEC3)
    assert span3_of(owner, rdata) is not None
    strange = rdata.replace(flags=2)
    assert isinstance(strange, RR_NSEC3)
    assert span3_of(owner, strange) is None
    assert span3_of(n("not-a-hash.shop.test."), rdata) is None
    assert span3_of(n("00.shop.test."), rdata) is None


HASHES = st.binary(min_size=2, max_size=2)


@given(st.lists(HASHES, min_size=1, max_size=12, unique=True), HASHES)
def test_a_whole_chain_covers_or_matches_every_hash_exactly_once(owners: list[bytes], hashed: bytes) -> None:
    chain = sorted(owners)
    spans = [
        Span3(owner, chain[(index + 1) % len(chain)], frozenset(), opt_out=False) for index, owner in enumerate(chain)
    ]
    covering = [span for span in spans if span.covers(hashed)]
    assert len(covering) == (0 if hashed in chain else 1)


def _hashes_shown(zone: HashedZone, name: dns.name.Name) -> set[str]:
    message = dns.message.make_response(dns.message.make_query(name, TXT, want_dnssec=True))
    zone.reply(message)
    return {found.name.labels[0].decode() for found in message.authority if found.rdtype == NSEC3}


def _without_ds(message: dns.message.Message) -> None:
    message.authority[:] = [rr for rr in message.authority if 43 not in (rr.rdtype, rr.covers)]
    message.answer[:] = [rr for rr in message.answer if 43 not in (rr.rdtype, rr.covers)]
