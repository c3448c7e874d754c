"""A machine with one loopback address: one server for all zones, and it is still secure."""

from collections.abc import AsyncIterator
from pathlib import Path

import dns.flags
import pytest
from dns.rcode import Rcode

from services.sandbox import ports

from .asking import NAME, Running, delv, new_world, texts, types
from .signing import ours, unsign
from .updating import SHOP_ZONE, ds_update, send, txt_update


@pytest.fixture
async def single(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """A world that found only 127.0.0.1."""
    monkeypatch.setattr(ports, "bindable", lambda address: address == "127.0.0.1")
    world = new_world(tmp_path)
    running = Running(world, await world.start())
    running.put('"bitcoin:?lno=one"')
    yield running
    await world.stop()


async def test_every_zone_is_answered_for_there(single: Running) -> None:
    answer = await single.ask("127.0.0.1")
    assert answer.flags & dns.flags.AA
    assert texts(answer) == ["bitcoin:?lno=one"]
    assert types((await single.ask("127.0.0.1", "shop.test.", "DS")).answer) == ["DS", "RRSIG"]
    assert [rrset[0].to_text() for rrset in (await single.ask("127.0.0.1", "shop.test.", "NS")).answer][:1] == [
        "ns1.shop.test."
    ]


@pytest.mark.parametrize("rdtype", ["TXT", "A"])
async def test_delv_calls_it_secure(single: Running, rdtype: str) -> None:
    assert "fully validated" in await delv(single.addresses, NAME, rdtype, at=f"127.0.0.1:{single.addresses.port}")


async def test_zones_are_updated_and_unsigned_there_too(single: Running) -> None:
    message = txt_update(single)
    message.replace(NAME, 60, "TXT", '"bitcoin:?lno=two"')
    assert await send(single, message, "127.0.0.1") is Rcode.NOERROR
    assert texts(await single.ask("127.0.0.1")) == ["bitcoin:?lno=two"]
    assert await ours(single) == "secure"
    message = ds_update(single)
    message.delete(SHOP_ZONE, "DS")
    assert await send(single, message, "127.0.0.1") is Rcode.NOERROR
    unsign(single)
    single.world.forget()
    assert await ours(single) == "insecure"
    said = await delv(single.addresses, NAME, "TXT", at=f"127.0.0.1:{single.addresses.port}")
    assert "; unsigned answer" in said
