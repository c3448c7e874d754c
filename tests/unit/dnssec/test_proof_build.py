"""Proofs built from walks of signed worlds: what was believed can be proven to somebody who was not there."""

import asyncio
from functools import cache
from typing import Any

import dns.name
import pytest
from dns.rdatatype import TXT
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.proofs import psbt_value
from services.dnssec_verifier.chain.policy import Policy
from services.dnssec_verifier.chain.verdict import Bogus, BogusReason, Insecure
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.proof.build import build
from services.dnssec_verifier.proof.verify import Holds, ProofVerifier, Result, Unreadable
from tests.unit.dnssec.hashed_world import HashedZone
from tests.unit.dnssec.proof_records import records, type_of
from tests.unit.dnssec.signed_world import ALICE, NOW, URI, Shop, SignedZone, n, rrset, shop_world

TEXT = URI.strip('"').encode()


async def proof_of(shop: Shop, name: dns.name.Name = ALICE, **options: Any) -> tuple[bytes, Answer]:
    """A proof of `name`, built from a walk without any cache."""
    answer = await shop.walker(**options).resolve(name, TXT)
    assert isinstance(answer, Answer), answer
    return build(answer.evidence), answer


def verify(shop: Shop, proof: bytes, name: dns.name.Name = ALICE, now: float = NOW, **options: Any) -> Result:
    return ProofVerifier([shop.root.ds()], **options).verify(proof, name, now)


@pytest.mark.parametrize("algorithm", [8, 10, 13, 14, 15])
@pytest.mark.parametrize("one_server", [False, True])
async def test_what_was_walked_can_be_proven(algorithm: int, one_server: bool) -> None:
    shop = shop_world(algorithm=algorithm, one_server=one_server)
    proof, answer = await proof_of(shop)
    assert verify(shop, proof) == Holds((TEXT,), answer.verdict)


async def test_a_second_walk_over_the_cache_proves_the_same() -> None:
    shop = shop_world()
    walker = shop.walker()
    first, second = await walker.resolve(ALICE, TXT), await walker.resolve(ALICE, TXT)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert isinstance(verify(shop, build(second.evidence)), Holds)
    assert len(build(first.evidence)) == len(build(second.evidence))


async def test_aliases_through_other_zones_are_part_of_it() -> None:
    shop = shop_world()
    other = SignedZone(n("other."))
    shop.root.delegate(other, {"ns.other.": "192.0.2.9"})
    shop.world.serve("192.0.2.9", other)
    other.add(rrset("pay.other.", 300, "CNAME", "alice.old.shop.test."))
    shop.shop.add(rrset("old.shop.test.", 300, "DNAME", "user._bitcoin-payment.shop.test."))
    proof, answer = await proof_of(shop, n("pay.other."))
    result = verify(shop, proof, n("pay.other."))
    assert isinstance(result, Holds), result
    assert result.texts == (TEXT,)
    assert set(result.verdict.zones) == set(answer.verdict.zones) == {".", "other.", "test.", "shop.test."}


@pytest.mark.parametrize("hashed", [False, True])
async def test_wildcards_bring_their_denial(hashed: bool) -> None:
    shop = shop_world(shop=HashedZone(n("shop.test.")) if hashed else None)
    shop.shop.add(rrset("*.wild.shop.test.", 300, "TXT", URI))
    name = n("x.y.wild.shop.test.")
    proof, _ = await proof_of(shop, name)
    assert isinstance(verify(shop, proof, name), Holds)
    assert (50 if hashed else 47) in map(type_of, records(proof))
    shop.shop.drop_nsec = True
    assert not isinstance(await shop.walker().resolve(name, TXT), Answer)


async def test_an_exact_name_does_not_prove_another() -> None:
    shop = shop_world()
    shop.shop.add(rrset("bob.user._bitcoin-payment.shop.test.", 300, "TXT", '"bitcoin:?lno=lno1bob"'))
    proof, _ = await proof_of(shop)
    result = verify(shop, proof, n("bob.user._bitcoin-payment.shop.test."))
    assert isinstance(result, Bogus)
    assert result.reason is BogusReason.ANSWER_MISSING


async def test_another_root_is_not_believed() -> None:
    shop, stranger = shop_world(), shop_world()
    proof, _ = await proof_of(shop)
    result = verify(stranger, proof)
    assert isinstance(result, Bogus)
    assert result.reason is BogusReason.DS_MISMATCH


async def test_an_unsigned_record_slipped_in_spoils_it() -> None:
    """A second TXT at the name makes another RRset, and nobody signed that."""
    shop = shop_world()
    proof, _ = await proof_of(shop)
    text = b"\x07bitcoin"
    owner = ALICE.to_digestable()
    extra = owner + b"\x00\x10\x00\x01\x00\x00\x01\x2c" + len(text).to_bytes(2, "big") + text
    result = verify(shop, proof + extra)
    assert isinstance(result, Bogus)
    assert result.reason is BogusReason.SIGNATURE_WRONG


async def test_case_and_ttl_do_not_matter_beyond_what_they_may() -> None:
    shop = shop_world()
    proof, _ = await proof_of(shop)
    assert isinstance(verify(shop, proof.replace(b"alice", b"ALICE", 1)), Holds)
    short = proof.replace(b"\x00\x10\x00\x01\x00\x00\x01\x2c", b"\x00\x10\x00\x01\x00\x00\x00\x05", 1)
    result = verify(shop, short)
    assert isinstance(result, Holds)
    assert result.verdict.cache_s == 5


async def test_an_opted_out_wildcard_is_not_secure() -> None:
    zone = HashedZone(n("shop.test."))
    shop = shop_world(shop=zone)
    zone.add(rrset("*.shop.test.", 300, "TXT", URI))
    name = n("x.shop.test.")
    proof, _ = await proof_of(shop, name)
    assert isinstance(verify(shop, proof, name), Holds)
    opted = HashedZone(n("shop.test."), opt_out=True)
    opted.key, opted.dnskey = zone.key, zone.dnskey
    opted.records = zone.records
    denial = opted.covering(name)
    assert denial[0] != zone.covering(name)[0]
    swapped = _without_nsec3(proof) + _wire(denial)
    assert isinstance(verify(shop, swapped, name), Insecure)


async def test_work_is_bounded() -> None:
    shop = shop_world()
    proof, _ = await proof_of(shop)
    tight = Policy(checks=3)
    assert isinstance(verify(shop, proof, policy=tight), Bogus)
    assert isinstance(verify(shop, proof, policy=Policy(records=3)), Unreadable)
    assert isinstance(verify(shop, proof, policy=Policy(signatures=2)), Unreadable)
    assert isinstance(verify(shop, proof + bytes(70_000)), Unreadable)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_noise_is_a_verdict_and_nothing_else(noise: bytes) -> None:
    verifier = ProofVerifier([made()[0].root.ds()])
    assert not isinstance(verifier.verify(noise, ALICE, NOW), Holds)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_damaged_byte_of_a_record_is_noticed(data: st.DataObject) -> None:
    shop, proof = made()
    at = data.draw(st.integers(0, len(proof) - 1))
    flip = data.draw(st.integers(1, 255))
    damaged = proof[:at] + bytes([proof[at] ^ flip]) + proof[at + 1 :]
    result = verify(shop, damaged)
    if isinstance(result, Holds):
        assert result.texts == (TEXT,)


def test_a_name_that_does_not_fit_a_psbt_is_refused() -> None:
    assert psbt_value("a@b.c", b"x") == b"\x05a@b.cx"
    with pytest.raises(ValueError, match="255"):
        psbt_value("a" * 256, b"")


def _wire(found: list[Any]) -> bytes:
    return b"".join(
        rr.name.to_wire() + int(rr.rdtype).to_bytes(2, "big") + b"\x00\x01\x00\x00\x00\x3c" + _sized(rdata)
        for rr in found
        for rdata in rr
    )


def _sized(rdata: Any) -> bytes:
    wire = rdata.to_digestable()
    return len(wire).to_bytes(2, "big") + bytes(wire)


def _without_nsec3(proof: bytes) -> bytes:
    kept = []
    for record in records(proof):
        covered = record[record.index(b"\x00\x2e\x00\x01") + 10 :][:2] if type_of(record) == 46 else b""
        if type_of(record) != 50 and covered != b"\x00\x32":
            kept.append(record)
    return b"".join(kept)


@cache
def made() -> tuple[Shop, bytes]:
    """A world and a proof of it, for tests that need many looks at one."""
    shop = shop_world()
    return shop, asyncio.run(proof_of(shop))[0]
