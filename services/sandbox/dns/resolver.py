"""A validating resolver that stays behind: it hears what servers said a while ago and remembers what it heard.

Guarantees: a name asked for too early stays absent for the whole negative TTL (RFC 2308), and what cannot be validated
from the root is SERVFAIL, as at real resolvers; every question is on record with its time, so that a test can tell who
asked when.
"""

import time
from dataclasses import replace

import dns.flags
import dns.message
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from services.sandbox.dns.answer import Answer, Kind
from services.sandbox.dns.authority import Said
from services.sandbox.dns.habits import Asked
from services.sandbox.dns.trust import Heard, Walker
from services.sandbox.dns.wire import Question, Refusal, Update, acknowledge, blank, fill, read, to_wire

MAX_ALIASES = 8


class Resolver:
    """The resolver at `address` (`ip:port`)."""

    def __init__(self, walker: Walker, address: str) -> None:
        self.address = address
        self._walker = walker

    def refuses_tcp(self) -> bool:
        """Never."""
        return False

    def forget(self) -> None:
        """Empty every cache."""
        self._walker.forget()

    def respond(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to one message, or `None` to stay silent."""
        question = read(wire)
        if question is None:
            return None
        if isinstance(question, Refusal):
            return question.wire
        if isinstance(question, Update):
            return acknowledge(question, Rcode.NOTIMP)
        asked = Asked(self.address, question.name.to_text().lower(), RdataType.to_text(question.rdtype), time.time())
        self._walker.habits.asked.append(asked)
        return to_wire(self._resolve(question), question, tcp=tcp)

    def _resolve(self, question: Question) -> dns.message.Message:
        unchecked = bool(question.message.flags & dns.flags.CD)
        chain = self._follow(question.name, question.rdtype, unchecked=unchecked)
        if chain is None:
            return _recursive(question, Rcode.SERVFAIL)
        last = chain[-1].said
        by_nsec = question.proves_by_nsec and last.view.signing is not None
        response = _recursive(question, last.found.rcode(proves_by_nsec=by_nsec))
        for link in chain:
            fill(response, question, _aged(link), link.said.sign)
        wants_ad = question.dnssec or bool(question.message.flags & dns.flags.AD)
        if wants_ad and all(link.secure for link in chain):
            response.flags |= dns.flags.AD
        return response

    def _follow(self, name: Name, rdtype: RdataType, *, unchecked: bool) -> list[Heard] | None:
        """The answer with the aliases on the way to it; `None` when there is none that counts."""
        chain: list[Heard] = []
        for _ in range(MAX_ALIASES):
            link = self._unchecked(name, rdtype) if unchecked else self._walker.ask(name, rdtype)
            if link is None:
                return None
            chain.append(link)
            if link.said.found.kind is not Kind.ALIAS:
                return chain
            name = link.said.found.answer[0].data[0].target
        return None

    def _unchecked(self, name: Name, rdtype: RdataType) -> Heard | None:
        said = self._walker.unchecked(name, rdtype)
        return None if said is None else Heard(said, False, time.monotonic() + _ttl(said))


def _recursive(question: Question, rcode: Rcode) -> dns.message.Message:
    response = blank(question, rcode)
    response.flags |= dns.flags.RA | (question.message.flags & dns.flags.CD)
    return response


def _ttl(said: Said) -> int:
    return max(part.ttl for part in (*said.found.answer, *said.found.authority))


def _aged(heard: Heard) -> Answer:
    """What was heard, its TTLs cut down to what a cache has left of them."""
    left = int(heard.until - time.monotonic()) + 1
    found = heard.said.found
    answer, authority = (
        tuple(replace(part, ttl_left=left) for part in section) for section in (found.answer, found.authority)
    )
    return replace(found, answer=answer, authority=authority)
