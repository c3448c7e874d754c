"""One authoritative address: answers from its zones as its faults say, and counts what it was asked."""

import time
from collections import Counter

import dns.flags
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG

from services.sandbox.dns.answer import Kind, Part, answer
from services.sandbox.dns.faults import Fault, Faults
from services.sandbox.dns.keys import Sealing
from services.sandbox.dns.universe import Universe
from services.sandbox.dns.wire import Question, Refusal, blank, fill, read_question, to_wire
from services.sandbox.dns.zone import View, Zone

DNSSEC_ONLY = frozenset({RdataType.DNSKEY, RdataType.NSEC})


class Authority:
    """The server at `address`."""

    def __init__(self, universe: Universe, faults: Faults, address: str) -> None:
        self.address = address
        self.asked: Counter[str] = Counter()
        self._universe = universe
        self._faults = faults

    def refuses_tcp(self) -> bool:
        """Whether a TCP connection is reset instead of served."""
        return Fault.REFUSE_TCP in self._faults.of(self.address)

    def respond(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to one message, or `None` to stay silent."""
        self.asked["tcp" if tcp else "udp"] += 1
        faults = self._faults.of(self.address)
        if Fault.SILENT in faults or (Fault.DROP_UDP in faults and not tcp):
            return None
        question = read_question(wire)
        if question is None:
            return None
        if isinstance(question, Refusal):
            return question.wire
        if Fault.SERVFAIL in faults:
            return to_wire(blank(question, Rcode.SERVFAIL), question, tcp=tcp)
        return self._answer(question, tcp=tcp, truncate=Fault.TRUNCATE in faults)

    def _answer(self, question: Question, *, tcp: bool, truncate: bool) -> bytes:
        origins = self._universe.origins_of(self.address)
        zone = self._universe.zone_for(question.name, question.rdtype, origins)
        if zone is None:
            return to_wire(blank(question, Rcode.REFUSED), question, tcp=tcp)
        found = answer(self._view(zone), question.name, question.rdtype)
        response = blank(question, found.rcode(proves_by_nsec=question.proves_by_nsec))
        if found.kind is not Kind.REFERRAL:
            response.flags |= dns.flags.AA
        fill(response, question, found, lambda part: self._sign(zone, part))
        if self._faults.sealing(self.address) is Sealing.UNSIGNED:
            for section in response.sections[1:]:
                section[:] = [rrset for rrset in section if rrset.rdtype not in DNSSEC_ONLY]
        return to_wire(response, question, tcp=tcp, truncate=truncate)

    def _view(self, zone: Zone) -> View:
        faults = self._faults.of(self.address)
        if Fault.FROZEN in faults:
            return self._universe.view(zone, zone.serial_at(self._faults.frozen_at(self.address)))
        return self._universe.view(zone, zone.serial - 1 if Fault.STALE in faults else None)

    def _sign(self, zone: Zone, part: Part) -> RRSIG | None:
        sealing = self._faults.sealing(self.address)
        if sealing is Sealing.UNSIGNED:
            return None
        keys = self._universe.keys[zone.origin]
        return self._universe.signatures.sign(keys, part.name, part.data, sealing, time.time())
