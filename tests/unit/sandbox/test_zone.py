"""A zone can be read as of any recent serial, and one change is one serial."""

import dns.name
from dns.rdatatype import RdataType

from services.sandbox.dns.hand import parse
from services.sandbox.dns.keys import rdataset
from services.sandbox.dns.universe import SHOP
from services.sandbox.dns.zone import KEPT_VERSIONS, Edit, Zone

ALICE = dns.name.from_text("alice.user.shop.test.")
ABOVE = dns.name.from_text("user.shop.test.")


def text(content: str) -> Edit:
    (name, rdtype), record = parse(ALICE.to_text(), "TXT", f'"{content}"', 60)
    return Edit(name, rdtype, rdataset(record.ttl, record.rdata))


def shown(zone: Zone, serial: int) -> str:
    return zone.node(ALICE, serial)[RdataType.TXT].to_text()


def test_the_past_stays_readable() -> None:
    zone = Zone(SHOP, 10)
    first = zone.change([text("one")], 1.0)
    second = zone.change([text("two")], 2.0)
    gone = zone.change([Edit(ALICE, RdataType.TXT, None)], 3.0)
    assert (first, second, gone) == (11, 12, 13)
    assert zone.node(ALICE, 10) == {}
    assert "one" in shown(zone, first)
    assert "two" in shown(zone, second)
    assert zone.node(ALICE, gone) == {}


def test_a_moment_has_the_serial_that_was_served_then() -> None:
    zone = Zone(SHOP, 0)
    zone.change([text("one")], 1.0)
    zone.change([text("two")], 2.0)
    assert [zone.serial_at(moment) for moment in (0.5, 1.0, 1.9, 2.0, 9.0)] == [1, 1, 1, 2, 2]


def test_a_name_above_records_exists_only_while_they_do() -> None:
    zone = Zone(SHOP, 0)
    made = zone.change([text("one")], 1.0)
    gone = zone.change([Edit(ALICE, RdataType.TXT, None)], 2.0)
    assert [zone.is_ancestor(ABOVE, serial) for serial in (0, made, gone)] == [False, True, False]


def test_several_edits_are_one_change() -> None:
    zone = Zone(SHOP, 0)
    assert zone.change([text("one"), text("two")], 1.0) == 1
    assert "two" in shown(zone, 1)


def test_an_edit_of_a_name_changes_nothing_for_readers_of_the_past_however_many_follow() -> None:
    zone = Zone(SHOP, 0)
    for number in range(KEPT_VERSIONS * 3):
        zone.change([text(str(number))], float(number))
    assert f'"{KEPT_VERSIONS * 3 - 2}"' in shown(zone, zone.serial - 1)


def test_names_are_one_whatever_their_case() -> None:
    zone = Zone(SHOP, 0)
    zone.change([text("one")], 1.0)
    assert zone.node(dns.name.from_text("ALICE.User.shop.TEST."), 1)
