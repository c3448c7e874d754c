"""Dynamic update (RFC 2136) with transaction signatures (RFC 8945), by dnspython and by nsupdate."""

import asyncio
import shutil
import socket
from pathlib import Path
from typing import Any

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.tsig
import pytest
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from services.sandbox.dns.hand import parse
from services.sandbox.dns.updater import PARENT, PUBLISHER

from .asking import NAME, SHOP_1, SHOP_2, Running, new_world, texts
from .updating import SHOP_ZONE, TEST_ZONE, ds_update, key, send, txt_update

OLD, NEW = "bitcoin:?lno=old", "bitcoin:?lno=new"


async def serial(running: Running) -> int:
    answer = await running.ask(SHOP_1, SHOP_ZONE, "SOA")
    return int(answer.answer[0][0].serial)


async def put(running: Running, text: str) -> None:
    message = txt_update(running)
    message.add(NAME, 60, "TXT", f'"{text}"')
    assert await send(running, message) is Rcode.NOERROR


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_record_is_served_signed_once_it_is_acknowledged(running: Running, tcp: bool) -> None:
    before = await serial(running)
    message = txt_update(running)
    message.add(NAME, 60, "TXT", f'"{NEW}"')
    assert await send(running, message, tcp=tcp) is Rcode.NOERROR
    answer = await running.ask(SHOP_2)
    assert texts(answer) == [NEW]
    assert answer.answer[0].ttl == 60
    assert answer.answer[1].rdtype == RdataType.RRSIG
    assert await serial(running) == before + 1


async def test_a_replacement_is_one_change_and_the_same_again_is_none(running: Running) -> None:
    await put(running, OLD)
    before = await serial(running)
    for _ in range(2):
        message = txt_update(running)
        message.present(NAME)
        message.replace(NAME, 60, "TXT", f'"{NEW}"')
        assert await send(running, message) is Rcode.NOERROR
        assert texts(await running.ask(SHOP_1)) == [NEW]
    assert await serial(running) == before + 1


async def test_deleting(running: Running) -> None:
    for details in ((), ("TXT",), ("TXT", f'"{OLD}"')):
        await put(running, OLD)
        message = txt_update(running)
        message.delete(NAME, *details)
        assert await send(running, message) is Rcode.NOERROR
        assert texts(await running.ask(SHOP_1)) == []


@pytest.mark.parametrize(
    ("demand", "holds", "otherwise"),
    [
        (lambda m: m.absent(NAME), False, Rcode.YXDOMAIN),
        (lambda m: m.absent(NAME, "TXT"), False, Rcode.YXRRSET),
        (lambda m: m.present(NAME), True, Rcode.NXDOMAIN),
        (lambda m: m.present(NAME, "TXT"), True, Rcode.NXRRSET),
        (lambda m: m.present(NAME, "TXT", f'"{OLD}"'), True, Rcode.NXRRSET),
    ],
)
async def test_prerequisites_are_a_compare_and_set(
    running: Running, demand: object, holds: bool, otherwise: Rcode
) -> None:
    assert callable(demand)

    async def with_demand() -> Rcode:
        message = txt_update(running)
        demand(message)
        message.replace(NAME, 60, "TXT", f'"{NEW}"')
        return await send(running, message)

    if holds:
        assert await with_demand() is otherwise
        assert texts(await running.ask(SHOP_1)) == []
        await put(running, OLD)
        assert await with_demand() is Rcode.NOERROR
        assert texts(await running.ask(SHOP_1)) == [NEW]
    else:
        await put(running, OLD)
        assert await with_demand() is otherwise
        assert texts(await running.ask(SHOP_1)) == [OLD]


async def test_a_stale_value_is_not_replaced(running: Running) -> None:
    await put(running, OLD)
    await put(running, NEW)
    message = txt_update(running)
    message.present(NAME, "TXT", f'"{OLD}"')
    message.delete(NAME, "TXT")
    assert await send(running, message) is Rcode.NXRRSET
    assert texts(await running.ask(SHOP_1)) == sorted([OLD, NEW])


@pytest.mark.parametrize(
    ("zone", "change", "at", "rcode"),
    [
        (SHOP_ZONE, lambda m: m.add("www.shop.test.", 60, "A", "127.0.0.9"), SHOP_1, Rcode.REFUSED),
        (SHOP_ZONE, lambda m: m.delete(SHOP_ZONE, "DNSKEY"), SHOP_1, Rcode.REFUSED),
        (SHOP_ZONE, lambda m: m.add(NAME, 60, "TXT", "x"), SHOP_2, Rcode.REFUSED),
        (SHOP_ZONE, lambda m: m.add("alice.test.", 60, "TXT", "x"), SHOP_1, Rcode.NOTZONE),
        (TEST_ZONE, lambda m: m.add(SHOP_ZONE, 60, "DS", "1 13 2 " + "00" * 32), "127.0.0.2", Rcode.REFUSED),
        (TEST_ZONE, lambda m: m.add(NAME, 60, "TXT", "x"), "127.0.0.2", Rcode.REFUSED),
        (TEST_ZONE, lambda m: m.add("x.test.", 60, "TXT", "x"), "127.0.0.2", Rcode.REFUSED),
        (TEST_ZONE, lambda m: m.add("x.test.", 60, "TXT", "x"), SHOP_1, Rcode.NOTAUTH),
        (".", lambda m: m.add("x.", 60, "TXT", "x"), "127.0.0.1", Rcode.REFUSED),
    ],
)
async def test_what_the_publishers_key_may_not_do(
    running: Running, zone: str, change: object, at: str, rcode: Rcode
) -> None:
    message = txt_update(running, zone)
    assert callable(change)
    change(message)
    assert await send(running, message, at) is rcode


async def test_an_unsigned_update_is_refused(running: Running) -> None:
    message = dns.update.UpdateMessage(SHOP_ZONE)
    message.add(NAME, 60, "TXT", "x")
    assert await send(running, message) is Rcode.REFUSED


async def test_a_record_of_the_api_is_not_an_updates_to_change(running: Running) -> None:
    place, record = parse(NAME, "TXT", f'"{OLD}"', 60)
    running.world.universe.publish("cloudflare", {place: [record]})
    message = txt_update(running)
    message.delete(NAME, "TXT")
    assert await send(running, message) is Rcode.REFUSED
    assert texts(await running.ask(SHOP_1)) == [OLD]


@pytest.mark.parametrize(
    ("name", "secret", "algorithm", "error"),
    [
        (PUBLISHER, b"x" * 32, "hmac-sha256", dns.tsig.PeerBadSignature),
        (dns.name.from_text("stranger."), b"x" * 32, "hmac-sha256", dns.tsig.PeerBadKey),
        (PUBLISHER, b"x" * 32, "hmac-sha512", dns.tsig.PeerBadKey),
    ],
)
async def test_a_wrong_key(
    running: Running, name: dns.name.Name, secret: bytes, algorithm: str, error: type[Exception]
) -> None:
    message = dns.update.UpdateMessage(SHOP_ZONE, keyring=dns.tsig.Key(name, secret, algorithm))
    message.add(NAME, 60, "TXT", "x")
    with pytest.raises(error):
        await send(running, message)
    assert texts(await running.ask(SHOP_1)) == []


async def test_a_wrong_clock(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    message = txt_update(running)
    message.add(NAME, 60, "TXT", "x")
    real: Any = dns.tsig.sign

    def sign_long_ago(wire: bytes, key: object, rdata: object, _: int, *more: object) -> Any:
        return real(wire, key, rdata, 1_000_000_000, *more)

    monkeypatch.setattr(dns.tsig, "sign", sign_long_ago)
    wire = message.to_wire()
    monkeypatch.undo()
    reader, writer = await asyncio.open_connection(SHOP_1, running.addresses.port)
    writer.write(len(wire).to_bytes(2, "big") + wire)
    answer = dns.message.from_wire(
        await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big")), keyring=False
    )
    writer.close()
    await writer.wait_closed()
    assert answer.rcode() is Rcode.NOTAUTH
    assert answer.tsig is not None
    assert answer.tsig[0].error == Rcode.BADTIME
    assert answer.tsig[0].mac
    assert len(answer.tsig[0].other) == 6
    assert texts(await running.ask(SHOP_1)) == []


async def test_a_signed_update_that_was_changed_on_the_way_changes_nothing(running: Running) -> None:
    bare = dns.update.UpdateMessage(SHOP_ZONE)
    signed = txt_update(running)
    for message in (bare, signed):
        message.add(NAME, 60, "TXT", f'"{NEW}"')
    covered, wire = len(bare.to_wire()), signed.to_wire()
    before = await serial(running)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for index in range(2, len(wire)):  # the id may change on the way (RFC 8945 §5.3)
            spoilt = wire[:index] + bytes([wire[index] ^ 0xFF]) + wire[index + 1 :]
            if index < covered:
                sock.sendto(spoilt, (SHOP_1, running.addresses.port))
            running.world.authorities[SHOP_2].respond(spoilt, tcp=True)
    assert texts(await running.ask(SHOP_1)) == []
    assert await serial(running) == before


async def test_a_signed_question_has_a_signed_answer(running: Running) -> None:
    await put(running, NEW)
    query = dns.message.make_query(NAME, "TXT", want_dnssec=True)
    query.use_tsig(key(running))
    answer = await dns.asyncquery.udp(query, SHOP_1, 5, running.addresses.port)
    assert answer.had_tsig
    assert texts(answer) == [NEW]


async def test_an_update_can_be_made_and_its_answer_lost(running: Running) -> None:
    running.world.set_fault([SHOP_1], ["lose-updates"])
    message = txt_update(running)
    message.add(NAME, 60, "TXT", f'"{NEW}"')
    with pytest.raises(dns.exception.Timeout):
        await dns.asyncquery.udp(message, SHOP_1, 0.3, running.addresses.port)
    assert texts(await running.ask(SHOP_1)) == [NEW]


async def test_secondaries_follow_when_they_do(running: Running) -> None:
    running.world.universe.times.secondary_lag = 3600
    await put(running, NEW)
    assert texts(await running.ask(SHOP_1)) == [NEW]
    assert texts(await running.ask(SHOP_2)) == []
    running.world.universe.times.secondary_lag = 0
    assert texts(await running.ask(SHOP_2)) == [NEW]


async def test_updates_survive_a_restart(tmp_path: Path) -> None:
    first = new_world(tmp_path)
    running = Running(first, await first.start())
    await put(running, NEW)
    message = ds_update(running)
    message.delete(SHOP_ZONE, "DS")
    assert await send(running, message, "127.0.0.2") is Rcode.NOERROR
    await first.stop()
    second = new_world(tmp_path)
    again = Running(second, await second.start())
    assert texts(await again.ask(SHOP_1)) == [NEW]
    assert (await again.ask("127.0.0.2", SHOP_ZONE, "DS")).answer == []
    assert key(again, PARENT).secret == key(running, PARENT).secret
    await second.stop()


async def test_nsupdate_reads_the_key_file_and_is_understood(running: Running) -> None:
    program = shutil.which("nsupdate")
    if program is None:
        pytest.skip("nsupdate (package bind9-dnsutils) is not installed")
    script = f"server {SHOP_1} {running.addresses.port}\nzone {SHOP_ZONE}\nprereq nxrrset {NAME} TXT\n"
    script += f'update add {NAME} 60 TXT "{NEW}"\nsend\n'
    file = str(running.world.updater.files[PUBLISHER])
    process = await asyncio.create_subprocess_exec(program, "-k", file, stdin=-1, stdout=-1, stderr=-2)
    said, _ = await asyncio.wait_for(process.communicate(script.encode()), 30)
    assert (process.returncode, said) == (0, b"")
    assert texts(await running.ask(SHOP_1)) == [NEW]
    process = await asyncio.create_subprocess_exec(program, "-k", file, stdin=-1, stdout=-1, stderr=-2)
    said, _ = await asyncio.wait_for(process.communicate(script.encode()), 30)
    assert b"YXRRSET" in said
