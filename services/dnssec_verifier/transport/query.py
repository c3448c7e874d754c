"""One DNS question to one server over one transport, with EDNS and DO, and a deadline; silence is a value."""

import errno
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype

UDP_PAYLOAD = 1232
Transport = Literal["udp", "tcp"]

_UNROUTABLE = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EHOSTUNREACH})


class Mute(StrEnum):
    """Why there is no answer."""

    TIMEOUT = "no answer in time"
    REFUSED = "the connection was refused or broken"
    UNROUTABLE = "this host has no route to the address"
    MALFORMED = "the answer is not a DNS message"


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, and why."""

    why: Mute


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask: an IP address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def question(name: dns.name.Name, rdtype: dns.rdatatype.RdataType, flags: int = 0) -> dns.message.Message:
    """A question with DO set; `flags` 0 asks for no recursion."""
    message = dns.message.make_query(name, rdtype, want_dnssec=True, payload=UDP_PAYLOAD)
    message.flags = dns.flags.Flag(flags)
    return message


async def query(
    server: Server, message: dns.message.Message, transport: Transport, timeout_s: float
) -> dns.message.Message | Silence:
    """The answer of `server` to `message` within `timeout_s`; a truncated UDP answer is returned as it is."""
    try:
        if transport == "udp":
            return await dns.asyncquery.udp(
                message,
                server.address,
                timeout=timeout_s,
                port=server.port,
                ignore_unexpected=True,
                ignore_errors=True,
            )
        return await dns.asyncquery.tcp(message, server.address, timeout=timeout_s, port=server.port)
    except dns.exception.Timeout:
        return Silence(Mute.TIMEOUT)
    except (dns.exception.DNSException, dns.query.BadResponse):
        return Silence(Mute.MALFORMED)
    except (OSError, EOFError) as error:
        return Silence(Mute.UNROUTABLE if getattr(error, "errno", None) in _UNROUTABLE else Mute.REFUSED)


async def query_fully(server: Server, message: dns.message.Message, timeout_s: float) -> dns.message.Message | Silence:
    """As a resolver asks: UDP first, TCP if the answer was truncated."""
    answer = await query(server, message, "udp", timeout_s)
    if isinstance(answer, dns.message.Message) and answer.flags & dns.flags.TC:
        return await query(server, message, "tcp", timeout_s)
    return answer
