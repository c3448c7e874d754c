"""BIP 353's own proofs, made by real zones and keys, walked with the built-in anchors when they were valid."""

import json
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataset
import dns.rdatatype
import dns.rrset
import pytest
from dns.rdatatype import NSEC3, RRSIG, TXT, RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG as RR_RRSIG
from dns.rdtypes.ANY.TXT import TXT as RR_TXT

from schemas.names import Name, join_txt
from schemas.resolve import Resolved, Unusable
from services.dnssec_verifier.chain import anchors
from services.dnssec_verifier.chain.policy import Policy
from services.dnssec_verifier.chain.verdict import Bogus, BogusReason, Failure
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.chain.zone import Delegation
from services.dnssec_verifier.resolving import reply_of
from tests.unit.dnssec.signed_world import rrset

ROOTS = Delegation((), ("192.0.2.1",))


@dataclass
class Proof:
    """The records of an RFC 9102 proof, given out as one server would that holds every zone in it."""

    rrsets: list[dns.rrset.RRset]

    async def ask(self, addresses: Sequence[str], name: dns.name.Name, rdtype: RdataType) -> dns.message.Message | None:
        message = dns.message.make_response(dns.message.make_query(name, rdtype, want_dnssec=True))
        message.flags |= dns.flags.AA
        if rdtype == dns.rdatatype.NS:
            message.answer.append(rrset(str(name), 60, "NS", f"ns.{name}"))
            message.additional.append(rrset(f"ns.{name}", 60, "A", "192.0.2.1"))
        wanted = (rdtype, dns.rdatatype.CNAME)
        for found in self.rrsets:
            if found.name == name and (found.rdtype in wanted or (found.rdtype == RRSIG and found.covers in wanted)):
                message.answer.append(found)
            elif NSEC3 in (found.rdtype, found.covers):
                message.authority.append(found)
        return message


def parse(proof: bytes) -> Proof:
    """The RRsets in a proof, from RFC 9102's concatenation of uncompressed records."""
    rrsets: dict[tuple[dns.name.Name, RdataType, RdataType], dns.rrset.RRset] = {}
    at = 0
    while at < len(proof):
        name, used = dns.name.from_wire(proof, at)
        rdtype, rdclass, ttl, size = struct.unpack("!HHIH", proof[at + used : at + used + 10])
        at += used + 10
        record = dns.rdata.from_wire(rdclass, rdtype, proof, at, size)
        at += size
        covers = record.type_covered if isinstance(record, RR_RRSIG) else dns.rdatatype.NONE
        found = rrsets.setdefault((name, record.rdtype, covers), dns.rrset.RRset(name, rdclass, record.rdtype, covers))
        found.add(record, ttl)
    return Proof(list(rrsets.values()))


@pytest.fixture(scope="module")
def cases(vectors: Path) -> dict[str, Any]:
    return {case["name"].split("@")[0]: case for case in json.loads((vectors / "bip353_proofs.json").read_text())}


async def walk(case: dict[str, Any], now: float | None = None, policy: Policy | None = None) -> Answer | Failure:
    when = now or case["suggested_now"]
    walker = Walker(
        parse(bytes.fromhex(case["proof_hex"])), anchors.load(""), ROOTS, policy=policy, clock=lambda: float(when)
    )
    return await walker.resolve(dns.name.from_text(case["dns_name"]), TXT)


async def test_a_real_name_is_secure(cases: dict[str, Any]) -> None:
    case = cases["simple"]
    answer = await walk(case)
    assert isinstance(answer, Answer), answer
    assert (answer.verdict.valid_from, answer.verdict.valid_until) == (case["valid_from"], case["valid_until"])
    assert answer.verdict.cache_s == case["min_original_ttl"]
    assert answer.verdict.zones == (".", "ninja.", "bitcoin.ninja.")
    reply = reply_of(Name("simple", "dnssec_proof_tests.bitcoin.ninja"), answer)
    assert isinstance(reply, Resolved)
    assert reply.uri == case["expected_uri"]


async def test_its_window_ends_where_the_vector_says(cases: dict[str, Any]) -> None:
    case = cases["simple"]
    assert isinstance(await walk(case, case["valid_from"]), Answer)
    assert isinstance(await walk(case, case["valid_until"]), Answer)
    early, late = await walk(case, case["valid_from"] - 1), await walk(case, case["valid_until"] + 1)
    assert isinstance(early, Bogus)
    assert isinstance(late, Bogus)
    assert early.reason is BogusReason.SIGNATURE_NOT_YET_VALID
    assert late.reason is BogusReason.SIGNATURE_EXPIRED


async def test_rsa_1024_in_the_chain_can_be_refused(cases: dict[str, Any]) -> None:
    """`.ninja` signs with RSA-1024; BIP 353 allows it, a stricter policy need not."""
    answer = await walk(cases["simple"], policy=Policy(rsa_bits=2048))
    assert isinstance(answer, Bogus)
    assert answer.reason is BogusReason.KEY_UNKNOWN


async def test_two_payment_records_are_secure_but_unusable(cases: dict[str, Any]) -> None:
    answer = await walk(cases["invalid"])
    assert isinstance(answer, Answer)
    reply = reply_of(Name("invalid", "dnssec_proof_tests.bitcoin.ninja"), answer)
    assert isinstance(reply, Unusable)
    assert reply.code == "name-ambiguous"


async def test_a_wildcard_is_proven_by_salted_nsec3(cases: dict[str, Any]) -> None:
    case = cases["a.x_domain_cname_wild"]
    answer = await walk(case)
    assert isinstance(answer, Answer), answer
    assert (answer.verdict.valid_from, answer.verdict.valid_until) == (case["valid_from"], case["valid_until"])


async def test_without_its_nsec3_the_wildcard_is_not_believed(cases: dict[str, Any]) -> None:
    case = cases["a.x_domain_cname_wild"]
    proof = parse(bytes.fromhex(case["proof_hex"]))
    without = Proof([found for found in proof.rrsets if NSEC3 not in (found.rdtype, found.covers)])
    now = float(case["suggested_now"])
    answer = await Walker(without, anchors.load(""), ROOTS, clock=lambda: now).resolve(
        dns.name.from_text(case["dns_name"]), TXT
    )
    assert isinstance(answer, Bogus)
    assert answer.reason is BogusReason.WILDCARD_UNPROVEN


async def test_no_flipped_bit_changes_what_is_paid(cases: dict[str, Any]) -> None:
    case = cases["simple"]
    proof, rng = bytes.fromhex(case["proof_hex"]), random.Random(353)
    accepted = 0
    for _ in range(150):
        damaged = bytearray(proof)
        damaged[rng.randrange(len(proof))] ^= 1 << rng.randrange(8)
        try:
            answer = await walk({**case, "proof_hex": damaged.hex()})
        except (dns.exception.DNSException, struct.error, ValueError):
            continue  # not even DNS records any more
        if isinstance(answer, Answer) and answer.rrset is not None:
            accepted += 1
            assert case["expected_uri"].encode() in [join_txt(r.strings) for r in answer.rrset if isinstance(r, RR_TXT)]
    assert accepted < 30


async def test_every_record_is_needed(cases: dict[str, Any]) -> None:
    case = cases["simple"]
    whole = parse(bytes.fromhex(case["proof_hex"])).rrsets
    name, now = dns.name.from_text(case["dns_name"]), float(case["suggested_now"])
    for missing in range(len(whole)):
        source = Proof(whole[:missing] + whole[missing + 1 :])
        answer = await Walker(source, anchors.load(""), ROOTS, clock=lambda: now).resolve(name, TXT)
        assert not isinstance(answer, Answer), whole[missing]
