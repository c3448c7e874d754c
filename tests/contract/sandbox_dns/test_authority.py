"""What the authoritative servers answer on the wire."""

import asyncio
import socket
import struct

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import pytest
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from .asking import NAME, SHOP_1, SHOP_2, Running, delv, texts, types

LONG = "bitcoin:?lno=" + "a" * 600
IN_STRINGS = f'"{LONG[:255]}" "{LONG[255:510]}" "{LONG[510:]}"'


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("server", [SHOP_1, SHOP_2])
async def test_a_record_is_served_signed_and_authoritative(running: Running, server: str, tcp: bool) -> None:
    running.put('"bitcoin:?lno=one"')
    answer = await running.ask(server, tcp=tcp)
    assert answer.flags & dns.flags.AA
    assert types(answer.answer) == ["TXT", "RRSIG"]
    assert texts(answer) == ["bitcoin:?lno=one"]
    keys = (await running.ask(server, "shop.test.", "DNSKEY")).answer
    dns.dnssec.validate(answer.answer[0], answer.answer[1], {dns.name.from_text("shop.test."): keys[0]})


async def test_the_root_refers_with_ds_and_glue(running: Running) -> None:
    answer = await running.ask("127.0.0.1")
    assert not answer.flags & dns.flags.AA
    assert types(answer.authority) == ["NS", "DS", "RRSIG"]
    assert [rrset.to_text() for rrset in answer.additional] == ["ns1.test. 300 IN A 127.0.0.2"]


async def test_test_refers_to_two_servers(running: Running) -> None:
    answer = await running.ask("127.0.0.2")
    assert {rrset[0].to_text() for rrset in answer.additional} == {SHOP_1, SHOP_2}


async def test_a_server_refuses_what_is_not_its_zone(running: Running) -> None:
    assert (await running.ask(SHOP_1, "test.", "SOA")).rcode() is Rcode.REFUSED


async def test_ds_is_the_parents(running: Running) -> None:
    parents = await running.ask("127.0.0.2", "shop.test.", "DS")
    assert parents.flags & dns.flags.AA
    assert types(parents.answer) == ["DS", "RRSIG"]
    assert types((await running.ask(SHOP_1, "shop.test.", "DS")).authority)[0] == "SOA"


async def test_without_dnssec_there_is_no_dnssec(running: Running) -> None:
    running.put('"bitcoin:?lno=one"')
    assert types((await running.ask(SHOP_1, dnssec=False)).answer) == ["TXT"]
    absent = await running.ask(SHOP_1, "nobody.shop.test.", dnssec=False)
    assert (absent.rcode(), types(absent.authority)) == (Rcode.NXDOMAIN, ["SOA"])


async def test_an_absent_name_is_denied_compactly(running: Running) -> None:
    absent = await running.ask(SHOP_1, "nobody.shop.test.")
    assert absent.rcode() is Rcode.NOERROR
    assert types(absent.authority) == ["SOA", "RRSIG", "NSEC", "RRSIG"]
    assert absent.authority[2][0].to_text() == r"\000.nobody.shop.test. RRSIG NSEC NXNAME"


async def test_a_long_record_asks_for_tcp(running: Running) -> None:
    running.put(IN_STRINGS)
    short = await running.ask(SHOP_1, payload=512)
    assert short.flags & dns.flags.TC
    assert texts(await running.ask(SHOP_1, payload=512, tcp=True)) == [LONG]
    assert texts(await running.ask(SHOP_1)) == [LONG]


async def test_udp_answers_never_exceed_1232_bytes(running: Running) -> None:
    running.put(" ".join(f'"{"x" * 255}"' for _ in range(6)))
    answer = await running.ask(SHOP_1, payload=4096)
    assert answer.flags & dns.flags.TC
    assert len(answer.to_wire()) <= 1232


async def test_names_have_no_case(running: Running) -> None:
    running.put('"bitcoin:?lno=one"')
    answer = await running.ask(SHOP_1, "ALICE.User._Bitcoin-Payment.SHOP.test.")
    assert texts(answer) == ["bitcoin:?lno=one"]
    assert "ALICE" in answer.question[0].to_text()


async def test_every_change_has_its_serial(running: Running) -> None:
    before = (await running.ask(SHOP_1, "shop.test.", "SOA")).answer[0][0].serial
    running.put('"bitcoin:?lno=one"')
    after = (await running.ask(SHOP_2, "shop.test.", "SOA")).answer[0][0].serial
    assert after == before + 1


@pytest.mark.parametrize(
    ("name", "rdtype", "verdict"),
    [
        (NAME, "TXT", "; fully validated"),
        (NAME, "A", "; negative response, fully validated"),
        ("user._bitcoin-payment.shop.test.", "TXT", "; negative response, fully validated"),
        ("nobody.user._bitcoin-payment.shop.test.", "TXT", "; negative response, fully validated"),
        ("nobody.test.", "TXT", "; negative response, fully validated"),
        ("nothing.", "TXT", "; negative response, fully validated"),
        ("shop.test.", "DS", "; fully validated"),
        ("test.", "DS", "; fully validated"),
        (".", "DNSKEY", "; fully validated"),
        ("test.", "DNSKEY", "; fully validated"),
        ("shop.test.", "DNSKEY", "; fully validated"),
        (".", "SOA", "; fully validated"),
        ("test.", "NS", "; fully validated"),
        ("ns2.shop.test.", "A", "; fully validated"),
        ("alias.shop.test.", "TXT", "; fully validated"),
    ],
)
async def test_delv_calls_it_secure(running: Running, name: str, rdtype: str, verdict: str) -> None:
    running.put(IN_STRINGS)
    running.put(NAME, "alias.shop.test.", "CNAME")
    said = await delv(running.addresses, name, rdtype)
    assert verdict in said.splitlines(), said


async def test_hostile_bytes_get_at_most_an_error(running: Running) -> None:
    good = dns.message.make_query(NAME, "TXT", want_dnssec=True).to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for length in range(len(good)):
            sock.sendto(good[:length], (SHOP_1, running.addresses.port))
        for index in range(len(good)):
            sock.sendto(
                good[:index] + bytes([good[index] ^ 0xFF]) + good[index + 1 :], (SHOP_1, running.addresses.port)
            )
    assert (await running.ask(SHOP_1)).rcode() is Rcode.NOERROR


@pytest.mark.parametrize(
    ("spoil", "rcode"),
    [
        (lambda query: query.set_opcode(dns.opcode.NOTIFY), Rcode.NOTIMP),
        (lambda query: query.use_edns(1), Rcode.BADVERS),
        (lambda query: query.question.clear(), Rcode.FORMERR),
    ],
)
async def test_questions_we_do_not_take(running: Running, spoil: object, rcode: Rcode) -> None:
    query = dns.message.make_query("shop.test.", "SOA", use_edns=0)
    assert callable(spoil)
    spoil(query)
    reader, writer = await asyncio.open_connection(SHOP_1, running.addresses.port)
    wire = query.to_wire()
    writer.write(struct.pack("!H", len(wire)) + wire)
    size = struct.unpack("!H", await reader.readexactly(2))[0]
    answer = dns.message.from_wire(await reader.readexactly(size))
    writer.close()
    await writer.wait_closed()
    assert answer.rcode() is rcode


async def test_many_questions_on_one_connection(running: Running) -> None:
    reader, writer = await asyncio.open_connection(SHOP_1, running.addresses.port)
    wire = dns.message.make_query("shop.test.", "SOA").to_wire()
    writer.write((struct.pack("!H", len(wire)) + wire) * 20)
    for _ in range(20):
        size = struct.unpack("!H", await reader.readexactly(2))[0]
        assert dns.message.from_wire(await reader.readexactly(size)).answer[0].rdtype == RdataType.SOA
    writer.close()
    await writer.wait_closed()
