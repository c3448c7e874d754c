"""P3: what public resolvers say, sampled once, and only after P1. Informative: a resolver's word decides nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from schemas.facts import Probe
from schemas.names import is_payment_txt
from services.dnssec_verifier.propagation.look import payloads
from services.dnssec_verifier.transport.doh import HttpsServer, query_https
from services.dnssec_verifier.transport.query import Server, Silence, query, query_fully, question

_FLAGS = dns.flags.RD | dns.flags.AD
_HTTPS, _TCP = "https://", "tcp://"


@dataclass(frozen=True, slots=True)
class TcpServer:
    """A resolver that is asked over TCP only."""

    server: Server

    def __str__(self) -> str:
        return str(self.server)


AnyResolver = Server | TcpServer | HttpsServer


async def sample(
    name: dns.name.Name, payload: bytes, servers: Sequence[AnyResolver], timeout_s: float, asks: int
) -> tuple[Probe, ...]:
    """One look at every resolver: does it give exactly `payload`, and does it call it secure (AD), `asks` times over?

    Behind an address there may be many caches; the first answer that is not as it should be is the one that is told.
    """
    return tuple(await asyncio.gather(*(_insisted(name, payload, server, timeout_s, asks) for server in servers)))


def is_visible(probes: Sequence[Probe], needed: int) -> bool:
    """Whether `needed` resolvers agree; all of them if there are fewer. None configured: nothing was seen."""
    agreeing = sum(probe.ok for probe in probes)
    return bool(probes) and agreeing >= min(needed, len(probes))


def resolver_of(text: str, ca_file: str) -> AnyResolver:
    """What an entry of the setting means: `https://…`, `tcp://address[:port]` or `address[:port]`; ValueError."""
    if text.startswith(_HTTPS):
        return HttpsServer(text, ca_file)
    if text.startswith(_TCP):
        return TcpServer(server_of(text.removeprefix(_TCP)))
    return server_of(text)


def server_of(text: str) -> Server:
    """`address`, `address:port` or `[v6]:port`; raises ValueError for anything else."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, "53"
    return Server(address, int(port))


async def _insisted(name: dns.name.Name, payload: bytes, server: AnyResolver, timeout_s: float, asks: int) -> Probe:
    probe = await _sample(name, payload, server, timeout_s)
    for _ in range(asks - 1):
        if not probe.ok:
            break
        probe = await _sample(name, payload, server, timeout_s)
    return probe


async def _sample(name: dns.name.Name, payload: bytes, server: AnyResolver, timeout_s: float) -> Probe:
    answer = await _ask(server, name, _FLAGS, timeout_s)
    if isinstance(answer, Silence):
        ok, detail = False, answer.why.value
    elif answer.rcode() == dns.rcode.SERVFAIL:
        ok, detail = False, await _why_servfail(server, name, timeout_s)
    else:
        ok, detail = _read(answer, name, payload)
    return Probe(server=str(server), transport=_transport(server), ok=ok, detail=detail)


async def _why_servfail(server: AnyResolver, name: dns.name.Name, timeout_s: float) -> str:
    """Asked not to validate (CD), a resolver that can reach the zone answers what it called bogus."""
    unchecked = await _ask(server, name, _FLAGS | dns.flags.CD, timeout_s)
    answered = not isinstance(unchecked, Silence) and unchecked.rcode() != dns.rcode.SERVFAIL
    return "it calls the name bogus" if answered else "it cannot reach the name's servers"


async def _ask(server: AnyResolver, name: dns.name.Name, flags: int, timeout_s: float) -> dns.message.Message | Silence:
    asked = question(name, dns.rdatatype.TXT, flags)
    match server:
        case Server():
            return await query_fully(server, asked, timeout_s)
        case TcpServer(server=there):
            return await query(there, asked, "tcp", timeout_s)
        case HttpsServer():
            return await query_https(server, asked, timeout_s)
        case _ as never:
            assert_never(never)


def _transport(server: AnyResolver) -> str:
    match server:
        case Server():
            return "udp"
        case TcpServer():
            return "tcp"
        case HttpsServer():
            return "doh"
        case _ as never:
            assert_never(never)


def _read(answer: dns.message.Message, name: dns.name.Name, payload: bytes) -> tuple[bool, str]:
    found = [data for data in payloads(answer, name) if is_payment_txt(data)]
    if found != [payload]:
        return False, "another answer" if found else "not visible yet"
    secure = bool(answer.flags & dns.flags.AD)
    return secure, "same bytes, secure" if secure else "same bytes, not validated"
