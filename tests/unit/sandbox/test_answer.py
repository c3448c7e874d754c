"""What a zone answers: positive, absent, between, below a cut."""

from pathlib import Path

import dns.name
import pytest
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from services.sandbox.dns.answer import NXNAME, Kind, answer, successor
from services.sandbox.dns.hand import parse
from services.sandbox.dns.keys import KeyStore
from services.sandbox.dns.signing import Ksk, signing
from services.sandbox.dns.universe import ROOT, SHOP, TEST, Record, Universe, build
from services.sandbox.state import Announced

ADDRESSES = {ROOT: ("127.0.0.1",), TEST: ("127.0.0.2",), SHOP: ("127.0.0.3", "127.0.0.4")}
NAME = "alice.user._bitcoin-payment.shop.test."


@pytest.fixture
def universe(tmp_path: Path) -> Universe:
    keys = KeyStore(tmp_path)
    made = build(ADDRESSES, keys, {}, 5)
    made.sign(SHOP, signing(SHOP, [Ksk("ksk", keys.ksk(SHOP))], keys.zsk(SHOP), 300, Announced.KEYS))
    made.publish("ds", {(SHOP, RdataType.DS): [Record(300, keys.ksk(SHOP).ds(SHOP))]})
    place, record = parse(NAME, "TXT", '"bitcoin:?lno=x"', 300)
    made.publish("test", {place: [record]})
    return made


def kind(universe: Universe, origin: Name, name: str, rdtype: RdataType) -> Kind:
    return answer(universe.view(universe.zones[origin]), dns.name.from_text(name), rdtype).kind


@pytest.mark.parametrize(
    ("origin", "name", "rdtype", "expected"),
    [
        (SHOP, NAME, RdataType.TXT, Kind.POSITIVE),
        (SHOP, NAME, RdataType.A, Kind.NO_DATA),
        (SHOP, "user._bitcoin-payment.shop.test.", RdataType.TXT, Kind.NO_DATA),
        (SHOP, "bob.user._bitcoin-payment.shop.test.", RdataType.TXT, Kind.NO_NAME),
        (SHOP, "below." + NAME, RdataType.TXT, Kind.NO_NAME),
        (SHOP, "shop.test.", RdataType.SOA, Kind.POSITIVE),
        (SHOP, "shop.test.", RdataType.DNSKEY, Kind.POSITIVE),
        (SHOP, NAME, RdataType.ANY, Kind.POSITIVE),
        (SHOP, NAME, RdataType.RRSIG, Kind.REFUSED),
        (SHOP, NAME, RdataType.AXFR, Kind.REFUSED),
        (SHOP, NAME, NXNAME, Kind.MALFORMED),
        (TEST, NAME, RdataType.TXT, Kind.REFERRAL),
        (TEST, "shop.test.", RdataType.DS, Kind.POSITIVE),
        (TEST, "shop.test.", RdataType.NS, Kind.REFERRAL),
        (TEST, "below.shop.test.", RdataType.DS, Kind.REFERRAL),
        (ROOT, "nothing.", RdataType.A, Kind.NO_NAME),
        (ROOT, "test.", RdataType.DS, Kind.POSITIVE),
    ],
)
def test_kinds_of_answer(universe: Universe, origin: Name, name: str, rdtype: RdataType, expected: Kind) -> None:
    assert kind(universe, origin, name, rdtype) is expected


def test_an_absent_name_is_proved_at_itself(universe: Universe) -> None:
    name = dns.name.from_text("nobody.shop.test.")
    found = answer(universe.view(universe.zones[SHOP]), name, RdataType.TXT)
    proof = found.authority[1]
    assert proof.name == name
    assert proof.data[0].to_text() == r"\000.nobody.shop.test. RRSIG NSEC NXNAME"
    assert found.rcode(proves_by_nsec=True) is Rcode.NOERROR
    assert found.rcode(proves_by_nsec=False) is Rcode.NXDOMAIN


def test_a_proof_lives_as_long_as_absence_may_be_remembered(universe: Universe) -> None:
    found = answer(universe.view(universe.zones[SHOP]), dns.name.from_text("nobody.shop.test."), RdataType.TXT)
    assert found.authority[1].ttl == 5


def test_a_cut_without_ds_is_proved_to_have_none(universe: Universe) -> None:
    place, record = parse("child.shop.test.", "NS", "ns.elsewhere.test.", 300)
    universe.publish("test", {place: [record]})
    found = answer(universe.view(universe.zones[SHOP]), dns.name.from_text("a.child.shop.test."), RdataType.TXT)
    assert found.kind is Kind.REFERRAL
    assert found.authority[1].data[0].to_text().endswith(" NS RRSIG NSEC")


def test_an_alias_is_handed_on(universe: Universe) -> None:
    place, record = parse("alias.shop.test.", "CNAME", NAME, 300)
    universe.publish("test", {place: [record]})
    assert kind(universe, SHOP, "alias.shop.test.", RdataType.TXT) is Kind.ALIAS
    assert kind(universe, SHOP, "alias.shop.test.", RdataType.CNAME) is Kind.POSITIVE


labels = st.binary(min_size=1, max_size=63).map(bytes.lower)


@given(st.lists(labels, min_size=1, max_size=3))
def test_a_successor_comes_after(some: list[bytes]) -> None:
    name = Name((*some, *SHOP.labels))
    assert successor(name) > name


@given(st.binary(min_size=59, max_size=59))
def test_the_longest_names_have_a_successor_too(first: bytes) -> None:
    name = Name((b"a" * 1 + first, *[b"x" * 60] * 2, b"y" * 60, b"z", b""))
    following = successor(name)
    assert following > name or following == name.parent()
