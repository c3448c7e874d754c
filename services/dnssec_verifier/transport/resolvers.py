"""P3: what public resolvers say, sampled once and only after P1. Informative: a resolver's word decides nothing."""

import asyncio
from collections.abc import Sequence

import dns.flags
import dns.message
import dns.name
import dns.rdatatype

from schemas.facts import Probe
from schemas.names import is_payment_txt
from services.dnssec_verifier.propagation.look import payloads
from services.dnssec_verifier.transport.query import Server, Silence, query_fully, question

_FLAGS = dns.flags.RD | dns.flags.AD


async def sample(name: dns.name.Name, payload: bytes, servers: Sequence[Server], timeout_s: float) -> tuple[Probe, ...]:
    """One look at every resolver: does it give exactly `payload`, and does it call it secure (AD)?"""
    return tuple(await asyncio.gather(*(_sample(name, payload, server, timeout_s) for server in servers)))


def server_of(text: str) -> Server:
    """`address`, `address:port` or `[v6]:port`; raises ValueError for anything else."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, "53"
    return Server(address, int(port))


async def _sample(name: dns.name.Name, payload: bytes, server: Server, timeout_s: float) -> Probe:
    answer = await query_fully(server, question(name, dns.rdatatype.TXT, _FLAGS), timeout_s)
    if isinstance(answer, Silence):
        return Probe(server=str(server), transport="udp", ok=False, detail=answer.why.value)
    ok, detail = _read(answer, name, payload)
    return Probe(server=str(server), transport="udp", ok=ok, detail=detail)


def _read(answer: dns.message.Message, name: dns.name.Name, payload: bytes) -> tuple[bool, str]:
    found = [data for data in payloads(answer, name) if is_payment_txt(data)]
    if found != [payload]:
        return False, "another answer" if found else "not visible yet"
    secure = bool(answer.flags & dns.flags.AD)
    return secure, "same bytes, secure" if secure else "same bytes, not validated"
