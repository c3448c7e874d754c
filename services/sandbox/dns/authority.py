"""One authoritative address: answers from its zones as its faults say, takes updates, and counts what it was asked."""

import time
from collections import Counter
from dataclasses import dataclass, replace

import dns.flags
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG

from services.sandbox.dns.answer import Answer, Kind, Part, answer
from services.sandbox.dns.faults import Fault, Faults
from services.sandbox.dns.seal import Sealing
from services.sandbox.dns.signing import Signing, foreign
from services.sandbox.dns.universe import Universe
from services.sandbox.dns.updater import Updater
from services.sandbox.dns.wire import Question, Refusal, Update, acknowledge, blank, fill, read, to_wire
from services.sandbox.dns.zone import View, Zone

MUTE = frozenset({Fault.SILENT, Fault.SERVFAIL})


@dataclass(frozen=True, slots=True)
class Said:
    """What an address answers, and how it signs that."""

    found: Answer
    view: View
    sealing: Sealing
    universe: Universe

    def sign(self, part: Part) -> tuple[RRSIG, ...]:
        """The signatures of one RRset; none in an unsigned zone."""
        if self.view.signing is None:
            return ()
        return self.universe.signatures.sign(self.view.signing, part.name, part.data, self.sealing, time.time())


class Authority:
    """The server at `address`."""

    def __init__(self, universe: Universe, faults: Faults, updater: Updater, address: str) -> None:
        self.address = address
        self.asked: Counter[str] = Counter()
        self._universe = universe
        self._faults = faults
        self._updater = updater
        self._foreign: dict[Name, Signing] = {}

    def refuses_tcp(self) -> bool:
        """Whether a TCP connection is reset instead of served."""
        return Fault.REFUSE_TCP in self._faults.of(self.address)

    def is_usable(self) -> bool:
        """Whether a resolver gets answers here, over UDP or after truncation over TCP."""
        faults = self._faults.of(self.address)
        return not faults & MUTE and not faults >= {Fault.TRUNCATE, Fault.REFUSE_TCP}

    def respond(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to one message, or `None` to stay silent."""
        self.asked["tcp" if tcp else "udp"] += 1
        faults = self._faults.of(self.address)
        if Fault.SILENT in faults or (Fault.DROP_UDP in faults and not tcp):
            return None
        message = read(wire, self._updater.keys)
        if message is None:
            return None
        if isinstance(message, Refusal):
            return message.wire
        if isinstance(message, Update):
            return self._update(message)
        if Fault.SERVFAIL in faults:
            return to_wire(blank(message, Rcode.SERVFAIL), message, tcp=tcp)
        return self._answer(message, tcp=tcp, truncate=Fault.TRUNCATE in faults)

    def _update(self, update: Update) -> bytes | None:
        faults = self._faults.of(self.address)
        if Fault.SERVFAIL in faults:
            return acknowledge(update, Rcode.SERVFAIL)
        rcode = self._updater.apply(update.message, update.key_name, self.address)
        return None if Fault.LOSE_UPDATES in faults else acknowledge(update, rcode)

    def _answer(self, question: Question, *, tcp: bool, truncate: bool) -> bytes:
        zone = self._universe.zone_for(question.name, question.rdtype, self._universe.origins_of(self.address))
        if zone is None:
            return to_wire(blank(question, Rcode.REFUSED), question, tcp=tcp)
        said = self.say(zone, question.name, question.rdtype)
        by_nsec = question.proves_by_nsec and said.view.signing is not None
        response = blank(question, said.found.rcode(proves_by_nsec=by_nsec))
        if said.found.kind is not Kind.REFERRAL:
            response.flags |= dns.flags.AA
        fill(response, question, said.found, said.sign)
        return to_wire(response, question, tcp=tcp, truncate=truncate)

    def say(self, zone: Zone, name: Name, rdtype: RdataType, ago_s: float = 0.0) -> Said:
        """What this address, which serves `zone`, said `ago_s` seconds ago, had it had its present faults."""
        view = self._view(zone, ago_s)
        return Said(answer(view, name, rdtype), view, self._faults.sealing(self.address), self._universe)

    def _view(self, zone: Zone, ago_s: float) -> View:
        faults = self._faults.of(self.address)
        view = self._universe.view(zone, self._serial(zone, ago_s))
        if Fault.UNSIGNED in faults:
            return replace(view, signing=None)
        if Fault.WRONG_KEY in faults and view.signing is not None:
            if zone.origin not in self._foreign:
                self._foreign[zone.origin] = foreign(zone.origin, view.signing.apex[RdataType.DNSKEY].ttl)
            return replace(view, signing=self._foreign[zone.origin])
        return view

    def _serial(self, zone: Zone, ago_s: float) -> int:
        faults = self._faults.of(self.address)
        is_primary = self.address == self._universe.addresses[zone.origin][0]
        behind = ago_s + (0.0 if is_primary else self._universe.times.secondary_lag)
        serial = zone.serial_at(time.monotonic() - behind) if behind else zone.serial
        if Fault.FROZEN in faults:
            serial = min(serial, zone.serial_at(self._faults.frozen_at(self.address)))
        return serial - 1 if Fault.STALE in faults else serial
