"""The walker's Source over real sockets: several servers, the next one asked when the first hesitates.

A stranger's zone may name any address as its server. Unless the configured root itself is private (a sandbox), only
public addresses are asked, so that nobody can make us talk to our own network.
"""

import asyncio
from collections.abc import Sequence

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from services.dnssec_verifier.transport.query import Server, Silence, query_fully, question
from services.dnssec_verifier.transport.roots import is_public

_USEFUL = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


class Network:
    """Asks over the network. `port` is that of every server, `timeout_s` the deadline of one query."""

    def __init__(self, *, port: int, timeout_s: float, private: bool, hesitation_s: float = 0.4, most: int = 4) -> None:
        self._port, self._timeout_s, self._private = port, timeout_s, private
        self._hesitation_s, self._most = hesitation_s, most

    def may_ask(self, address: str) -> bool:
        """Whether `address` is one we let a zone send us to."""
        return self._private or is_public(address)

    async def ask(
        self, addresses: Sequence[str], name: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> dns.message.Message | None:
        """See `Source`: the first useful answer; at most `most` servers, each started when those before hesitate."""
        waiting = [address for address in _ordered(addresses) if self.may_ask(address)][: self._most]
        running: set[asyncio.Task[dns.message.Message | None]] = set()
        try:
            while waiting or running:
                if waiting:
                    running.add(asyncio.create_task(self._one(waiting.pop(0), name, rdtype)))
                patience = self._hesitation_s if waiting else None
                done, running = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if (answer := task.result()) is not None:
                        return answer
            return None
        finally:
            for task in running:
                task.cancel()

    async def _one(
        self, address: str, name: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> dns.message.Message | None:
        answer = await query_fully(Server(address, self._port), question(name, rdtype), self._timeout_s)
        if isinstance(answer, Silence) or answer.rcode() not in _USEFUL:
            return None
        return answer


def _ordered(addresses: Sequence[str]) -> list[str]:
    """As given, but IPv4 first: it is the family every host can reach."""
    return sorted(addresses, key=lambda address: ":" in address)
