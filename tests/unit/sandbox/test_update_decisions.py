"""Dynamic updates as decisions: all or nothing, and what RFC 2136 says about each line."""

import dns.name
import dns.rdata
import dns.update
import pytest
from dns.name import Name
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.update import UpdateMessage
from hypothesis import given
from hypothesis import strategies as st

from services.sandbox.dns.keys import rdataset
from services.sandbox.dns.universe import SHOP, Place
from services.sandbox.dns.update import Done, NotDone, decide
from services.sandbox.dns.zone import Node

ALICE = dns.name.from_text("alice.shop.test.")
TEXTS = ("one", "two", "three")


def txt(*texts: str) -> Node:
    rdatas = [dns.rdata.from_text(RdataClass.IN, RdataType.TXT, text) for text in texts]
    return {RdataType.TXT: rdataset(60, *rdatas)} if rdatas else {}


def message() -> UpdateMessage:
    return dns.update.UpdateMessage("shop.test.")


def received(sent: UpdateMessage) -> UpdateMessage:
    """As it comes off the wire."""
    parsed = dns.message.from_wire(sent.to_wire())
    assert isinstance(parsed, UpdateMessage)
    return parsed


def outcome(sent: UpdateMessage, node: Node, *, may: bool = True) -> list[str] | Rcode:
    """What stands at alice's name afterwards, or why nothing changed."""

    def at(name: Name) -> Node:
        return node if name == ALICE else {}

    match decide(received(sent), SHOP, at, lambda _: may):
        case NotDone(rcode):
            return rcode
        case Done(changes):
            place: Place = (ALICE, RdataType.TXT)
            before = node.get(RdataType.TXT, ())
            standing = [record.rdata for record in changes[place]] if place in changes else before
            return sorted(rdata.to_text().strip('"') for rdata in standing)


def test_adding_and_removing_in_one_message() -> None:
    sent = message()
    sent.delete(ALICE, "TXT", "one")
    sent.add(ALICE, 60, "TXT", "three")
    assert outcome(sent, txt("one", "two")) == ["three", "two"]


def test_a_new_ttl_is_the_whole_rrsets() -> None:
    sent = message()
    sent.add(ALICE, 5, "TXT", "one")
    decision = decide(received(sent), SHOP, lambda _: txt("one", "two"), lambda _: True)
    assert isinstance(decision, Done)
    assert {record.ttl for record in decision.changes[ALICE, RdataType.TXT]} == {5}


def test_what_already_stands_changes_nothing() -> None:
    sent = message()
    sent.replace(ALICE, 60, "TXT", "one")
    assert decide(received(sent), SHOP, lambda _: txt("one"), lambda _: True) == Done({})


def test_an_alias_and_a_text_do_not_stand_together() -> None:
    sent = message()
    sent.add(ALICE, 60, "CNAME", "bob.shop.test.")
    assert decide(received(sent), SHOP, lambda _: txt("one"), lambda _: True) == Done({})


def test_the_last_name_servers_stay() -> None:
    ns = {RdataType.NS: rdataset(60, dns.rdata.from_text(RdataClass.IN, RdataType.NS, "ns1.shop.test."))}
    sent = message()
    sent.delete("shop.test.")
    assert decide(received(sent), SHOP, lambda _: ns, lambda _: True) == Done({})


def test_one_line_that_is_not_permitted_undoes_all() -> None:
    sent = message()
    sent.add(ALICE, 60, "TXT", "one")
    sent.add(ALICE, 60, "A", "127.0.0.1")
    node: Node = {}
    decision = decide(received(sent), SHOP, lambda _: node, lambda place: place[1] == RdataType.TXT)
    assert decision == NotDone(Rcode.REFUSED)


def test_a_name_outside_is_not_of_the_zone() -> None:
    sent = message()
    sent.add("alice.test.", 60, "TXT", "one")
    assert outcome(sent, {}) is Rcode.NOTZONE


@pytest.mark.parametrize("rdtype", ["ANY", "AXFR"])
def test_types_that_are_no_records(rdtype: str) -> None:
    sent = message()
    sent.absent(ALICE)
    sent.update.append(dns.rrset.RRset(ALICE, RdataClass.IN, RdataType.from_text(rdtype)))
    assert decide(sent, SHOP, lambda _: {}, lambda _: True) == NotDone(Rcode.FORMERR)


sets = st.sets(st.sampled_from(TEXTS))


@given(standing=sets, expected=sets, wanted=sets.filter(bool))
def test_a_compare_and_set_takes_effect_only_on_what_was_expected(
    standing: set[str], expected: set[str], wanted: set[str]
) -> None:
    sent = message()
    if expected:
        sent.present(ALICE, "TXT", *expected)
    else:
        sent.absent(ALICE, "TXT")
    sent.replace(ALICE, 60, "TXT", *wanted)
    found = outcome(sent, txt(*standing))
    if standing == expected:
        assert found == sorted(wanted)
    else:
        assert found in (Rcode.NXRRSET, Rcode.YXRRSET)
