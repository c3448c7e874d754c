"""P3 over every road: UDP, TCP and DNS over HTTPS with a CA of our own; and what is no answer is told as what it is."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.dnssec_verifier.propagation.look import Finding, Nothing
from services.dnssec_verifier.propagation.survey import Surveyor
from services.dnssec_verifier.transport.query import Server, query_fully, question
from services.dnssec_verifier.transport.resolvers import is_visible, resolver_of, sample, server_of
from tests.contract.dnssec_verifier.town import URI, Town
from tests.waiting import until

TIMEOUT_S = 5.0
ASKS = 3


async def test_every_road_gives_the_same(town: Town, tmp_path: Path) -> None:
    await town.put_txt("sampled", URI)
    upstream = town.world.resolvers[0]
    async with doh_server(tmp_path, server_of(upstream)) as (url, ca_file):
        roads = (upstream, f"tcp://{upstream}", url)
        resolvers = [resolver_of(text, ca_file) for text in roads]
        name = dns.name.from_text("sampled.user._bitcoin-payment.shop.test.")

        async def all_agree() -> bool:  # the sandbox's resolvers stay behind for a while
            return all(probe.ok for probe in await sample(name, URI.encode(), resolvers, TIMEOUT_S, ASKS))

        await until(all_agree)
        probes = await sample(name, URI.encode(), resolvers, TIMEOUT_S, ASKS)
        assert [(probe.transport, probe.ok) for probe in probes] == [("udp", True), ("tcp", True), ("doh", True)]
        assert {probe.detail for probe in probes} == {"same bytes, secure"}
        assert is_visible(probes, 3)
        distrusted = await sample(name, URI.encode(), [resolver_of(url, "")], TIMEOUT_S, ASKS)
        assert [probe.ok for probe in distrusted] == [False]
        assert not is_visible((*probes, *distrusted), 4)
        assert is_visible((*probes, *distrusted), 3)
        nowhere = await sample(name, URI.encode(), [resolver_of(url + "/wrong", ca_file)], TIMEOUT_S, ASKS)
        assert [probe.detail for probe in nowhere] == ["the answer is not a DNS message"]


async def test_a_resolver_that_cannot_reach_the_zone_says_so(town: Town) -> None:
    await town.control("dns/faults", faults=["servfail"], addresses=["127.0.0.3", "127.0.0.4"])
    name = dns.name.from_text("unreached.user._bitcoin-payment.shop.test.")
    probes = await sample(name, b"x", [resolver_of(town.world.resolvers[0], "")], TIMEOUT_S, ASKS)
    await town.control("reset-faults")
    assert [probe.detail for probe in probes] == ["it cannot reach the name's servers"]


class Caches(asyncio.DatagramProtocol):
    """A resolver of two caches, the second of which has not heard of the name; says who asked it."""

    def __init__(self, good: bytes) -> None:
        self.good, self.askers = dns.message.from_wire(good), list[int]()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query, answer = dns.message.from_wire(data), dns.message.make_response(dns.message.from_wire(data))
        if len(self.askers) % 2 == 0:
            answer.answer, answer.flags = self.good.answer, self.good.flags
        answer.id = query.id
        self.askers.append(addr[1])
        self.transport.sendto(answer.to_wire(), addr)


async def test_a_resolver_of_several_caches_is_believed_only_when_all_agree(town: Town) -> None:
    await town.put_txt("farmed", URI)
    name = dns.name.from_text("farmed.user._bitcoin-payment.shop.test.")
    upstream = server_of(town.world.resolvers[0])

    async def seen() -> bool:
        return all(probe.ok for probe in await sample(name, URI.encode(), [upstream], TIMEOUT_S, ASKS))

    await until(seen)
    good = await query_fully(upstream, question(name, dns.rdatatype.TXT, dns.flags.RD | dns.flags.AD), TIMEOUT_S)
    assert isinstance(good, dns.message.Message)
    loop = asyncio.get_running_loop()
    transport, caches = await loop.create_datagram_endpoint(lambda: Caches(good.to_wire()), ("127.0.0.1", 0))
    farm = Server("127.0.0.1", transport.get_extra_info("sockname")[1])
    once = await sample(name, URI.encode(), [farm], TIMEOUT_S, 1)
    assert [probe.detail for probe in once] == ["same bytes, secure"], "asked once, half of the truth is all there is"
    caches.askers.clear()
    thrice = await sample(name, URI.encode(), [farm], TIMEOUT_S, ASKS)
    assert [(probe.ok, probe.detail) for probe in thrice] == [(False, "not visible yet")]
    assert len(caches.askers) == len(set(caches.askers)) == 2, "the same port asks the same cache"
    transport.close()


class Nowhere(asyncio.DatagramProtocol):
    """An authoritative server that has no records at all; says from which ports it was asked."""

    def __init__(self) -> None:
        self.askers: list[int] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = dns.message.make_response(dns.message.from_wire(data))
        answer.flags |= dns.flags.AA
        self.askers.append(addr[1])
        self.transport.sendto(answer.to_wire(), addr)


async def test_an_address_that_is_many_servers_is_asked_several_times_from_different_ports() -> None:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(Nowhere, ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    wanted = Nothing(dns.name.from_text("anycast.user._bitcoin-payment.shop.test."))
    many = Surveyor(port=port, timeout_s=TIMEOUT_S, asks=ASKS, is_many=lambda _: True)
    for surveyor, asks in ((many, ASKS), (Surveyor(port=port, timeout_s=TIMEOUT_S, asks=ASKS), 1)):
        server.askers.clear()
        udp, _ = await surveyor.survey(["127.0.0.1"], wanted, 0.0)
        assert udp.finding is Finding.RIGHT
        assert len(server.askers) == len(set(server.askers)) == asks
    transport.close()


@pytest.mark.parametrize("text", ["1.1.1.1:x", "tcp://1.1.1.1:x"])
def test_an_entry_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        resolver_of(text, "")


@asynccontextmanager
async def doh_server(folder: Path, upstream: Server) -> AsyncIterator[tuple[str, str]]:
    """A DoH server in front of `upstream`: its URL and the file of the CA that signed its certificate."""
    certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length"))
        question = dns.message.from_wire(await reader.readexactly(length))
        if head.startswith("post /dns-query http"):
            answer = await query_fully(upstream, question, TIMEOUT_S)
            assert isinstance(answer, dns.message.Message)
            status, kind, body = "200 OK", "application/dns-message", answer.to_wire()
        else:
            status, kind, body = "404 Not Found", "text/plain", b"?"
        lines = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close"
        writer.write(lines.encode() + b"\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"https://localhost:{port}/dns-query", str(certificate)


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    certificate, secret = folder / "doh.pem", folder / "doh.key"
    certificate.write_bytes(made.public_bytes(pem))
    secret.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return certificate, secret
