"""Asking name servers, and `delv` as the independent judge of what they answer."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import dns.asyncquery
import dns.flags
import dns.message
import dns.rdataset
import pytest
from dns.rdatatype import RdataType

from services.sandbox.dns.world import DnsAddresses, DnsWorld
from services.sandbox.state import HandRecord, Store

NAME = "alice.user._bitcoin-payment.shop.test."
SHOP_1, SHOP_2 = "127.0.0.3", "127.0.0.4"
TIMEOUT_S = 30.0


@dataclass
class Running:
    """A DNS world that serves."""

    world: DnsWorld
    addresses: DnsAddresses

    def put(self, content: str, name: str = NAME, rdtype: str = "TXT") -> None:
        """What stands at `name` from now on."""
        record = HandRecord(name=name, type=rdtype, content=content)
        self.world.hand.put([record], [(name, rdtype)])

    async def ask(
        self,
        server: str,
        name: str = NAME,
        rdtype: str = "TXT",
        *,
        tcp: bool = False,
        dnssec: bool = True,
        flags: int = 0,
        payload: int = 1232,
        timeout_s: float = TIMEOUT_S,
    ) -> dns.message.Message:
        """The answer of `server`: an authoritative address, or a resolver as `ip:port`."""
        query = dns.message.make_query(name, rdtype, want_dnssec=dnssec, payload=payload if dnssec else None)
        query.flags |= flags
        host, _, port = server.rpartition(":")
        transport = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
        return await transport(query, host or server, timeout_s, int(port) if host else self.addresses.port)


def texts(message: dns.message.Message) -> list[str]:
    """The TXT records of an answer."""
    found = [rrset for rrset in message.answer if rrset.rdtype == RdataType.TXT]
    return sorted(b"".join(rdata.strings).decode() for rrset in found for rdata in rrset)


def types(section: list[dns.rrset.RRset]) -> list[str]:
    """The types of a section's RRsets."""
    return [RdataType.to_text(rrset.rdtype) for rrset in section]


async def delv(addresses: DnsAddresses, name: str, rdtype: str, at: str = "") -> str:
    """What `delv` says, asking `at` (default: the first resolver); the test is skipped where there is no delv."""
    program = shutil.which("delv")
    if program is None:
        pytest.skip("delv (package bind9-dnsutils) is not installed")
    host, _, port = (at or addresses.resolvers[0]).rpartition(":")
    anchors = str(addresses.bind_anchors_file)
    process = await asyncio.create_subprocess_exec(
        program, f"@{host}", "-p", port, "-a", anchors, "+root=.", name, rdtype, stdout=-1, stderr=-2
    )
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    return output.decode()


def new_world(folder: Path, *, lag_s: float = 0.0, negative_ttl_s: int = 2) -> DnsWorld:
    """A world that does not serve yet."""
    return DnsWorld(Store(folder), resolver_lag_s=lag_s, negative_ttl_s=negative_ttl_s)
