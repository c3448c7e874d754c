"""Takes dynamic updates (RFC 2136) for the zones: who may change what, and the change itself.

Guarantees: a change is on disk and served before its answer goes out; only a signed message changes anything, and only
what its key is for; records that Cloudflare's API holds are not an update's to change.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path

import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.update import UpdateMessage

from services.sandbox.dns.hand import BY_HAND, HandRecords
from services.sandbox.dns.tsig import Keys, load_key
from services.sandbox.dns.universe import ROOT, Place, Universe
from services.sandbox.dns.update import Done, NotDone, decide

PUBLISHER = dns.name.from_text("publisher.")
PARENT = dns.name.from_text("parent.")


class Updater:
    """The updates of every zone."""

    def __init__(self, universe: Universe, hand: HandRecords, folder: Path) -> None:
        self._universe = universe
        self._hand = hand
        names = (PUBLISHER, PARENT)
        files = {name: folder / f"{name.to_text(omit_final_dot=True)}.key" for name in names}
        self.files = {name: file.absolute() for name, file in files.items()}
        self.keys: Keys = {name: load_key(file, name.to_text()) for name, file in files.items()}

    def apply(self, message: UpdateMessage, key_name: Name | None, address: str) -> Rcode:
        """Do what `message`, signed with `key_name` and sent to `address`, asks for."""
        if not message.zone or message.zone[0].rdclass != RdataClass.IN:
            return Rcode.FORMERR
        origin = message.zone[0].name
        if origin not in self._universe.origins_of(address):
            return Rcode.NOTAUTH
        if origin == ROOT or key_name is None or address != self._universe.addresses[origin][0]:
            return Rcode.REFUSED
        view = self._universe.view(self._universe.zones[origin])
        match decide(message, origin, view.node, functools.partial(self._may_change, key_name, origin)):
            case NotDone(rcode):
                return rcode
            case Done(changes):
                try:
                    self._hand.replace(changes)
                except ValueError:
                    return Rcode.REFUSED
                return Rcode.NOERROR

    def _may_change(self, key_name: Name, origin: Name, place: Place) -> bool:
        ours = all(source == BY_HAND for source in self._universe.sources(place))
        return ours and self._universe.zone_of(place) == origin and GRANTS[key_name](self._universe, place)


def _publishes(universe: Universe, place: Place) -> bool:
    """The publisher's key is for TXT records in zones below `test.`."""
    return place[1] == RdataType.TXT and universe.zone_of(place) in universe.children()


def _delegates(universe: Universe, place: Place) -> bool:
    """The parent's key is for the DS records of zones below `test.` that are not on hold."""
    return place[1] == RdataType.DS and place[0] in universe.children() and not universe.is_held(place[0])


GRANTS: Mapping[Name, Callable[[Universe, Place], bool]] = {PUBLISHER: _publishes, PARENT: _delegates}
