"""A connection: patient at the start, back after any outage, honest about its end, and closed without a trace."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from bus.client.connection import connect
from bus.errors import BusError, BusUnavailable, KeysMissing
from bus.servers.embedded import EmbeddedServer
from schemas.settings import Settings

from .conftest import Connect, Until
from .links import Wire


async def test_nobody_there_is_said_after_patience(tmp_path: Path) -> None:
    before = len(asyncio.all_tasks())
    with pytest.raises(BusUnavailable, match="edge cannot reach the bus"):
        await connect(Settings(nats_url="nats://127.0.0.1:1"), "edge", patience_s=0.3)
    assert len(asyncio.all_tasks()) == before


async def test_a_server_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "bus")
    await server.start()
    settings = Settings(nats_url=server.url, nats_keys_dir=str(server.keys_dir))
    await server.kill()
    joining = asyncio.create_task(connect(settings, "edge"))
    await server.start()
    bus = await joining
    await bus.flush()
    await bus.close()
    await server.stop()


async def test_a_missing_or_foreign_key_never_connects(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(KeysMissing):
        await connect(msgspec.structs.replace(settings, nats_keys_dir=str(tmp_path / "none")), "edge")
    with pytest.raises(BusUnavailable, match=r"(?i)authorization"):
        await connect(msgspec.structs.replace(settings, nats_keys_dir=""), "edge", patience_s=0.5)


async def test_the_sealed_door_needs_its_own_account() -> None:
    with pytest.raises(BusError, match="account without JetStream"):
        await connect(Settings(), "sec-edge")


async def test_it_comes_back_and_keeps_its_subscriptions(server: EmbeddedServer, join: Connect, until: Until) -> None:
    edge, notifier = await join("edge"), await join("notifier")
    heard: list[str] = []

    async def hear(msg: object) -> None:
        heard.append("live")

    await edge.nc.subscribe("live.someone", cb=hear)
    for round_number in (1, 2):
        await server.kill()
        await server.start()
        await until(lambda: edge.connected and notifier.connected)
        await edge.flush()
        await notifier.js.publish("ntf.someone", b"{}")
        await until(lambda expected=round_number: len(heard) == expected)  # type: ignore[misc]  # binds the loop's value
    assert (edge.reconnects, edge.errors, edge.denials) == (2, 0, [])


async def test_a_callback_that_raises_is_heard_of(join: Connect, until: Until) -> None:
    edge, notifier = await join("edge"), await join("notifier")

    async def careless(msg: object) -> None:
        raise OSError("a mistake of ours, not of the network")

    await edge.nc.subscribe("live.someone", cb=careless)
    await edge.flush()
    await notifier.js.publish("ntf.someone", b"{}")
    await until(lambda: edge.errors == 1)


async def test_flush_says_when_nobody_answers(server: EmbeddedServer, join: Connect) -> None:
    edge = await join("edge")
    await edge.flush()
    await server.kill()
    with pytest.raises(BusUnavailable):
        await edge.flush(1)


async def test_closing_ends_every_task_and_is_not_an_accident(settings: Settings, server: EmbeddedServer) -> None:
    before = len(asyncio.all_tasks())
    ended: list[str] = []
    bus = await connect(settings, "edge", on_closed=lambda: ended.append("closed"))
    await server.kill()
    await bus.nc.publish("req.v1.node.register.a", b"x")
    await bus.close()
    await bus.close()
    await asyncio.sleep(0)
    assert ended == []
    assert len(asyncio.all_tasks()) == before


async def test_closing_ends_a_task_that_misses_its_first_cancellation(
    settings: Settings, server: EmbeddedServer, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.11's `wait_for` gives the result of a refused connection instead, if both come at once."""
    before = len(asyncio.all_tasks())
    bus = await connect(settings, "edge")
    tried = 0

    async def refused_in_that_moment() -> None:
        nonlocal tried
        tried += 1
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if tried > 1:
                raise
            raise ConnectionRefusedError from None

    monkeypatch.setattr(bus.nc, "_select_next_server", refused_in_that_moment)
    await server.kill()
    await until(lambda: tried == 1)
    await bus.close()
    await asyncio.sleep(0)
    assert tried == 2
    assert len(asyncio.all_tasks()) == before


async def test_an_end_that_was_not_asked_for_is_reported(settings: Settings) -> None:
    ended: list[str] = []
    bus = await connect(settings, "edge", on_closed=lambda: ended.append("closed"))
    await bus.nc.close()
    assert ended == ["closed"]


class Heard(Wire):
    """A relay that keeps what clients say."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.said = bytearray()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if writer.get_extra_info("peername")[1] != self.port:
            await super()._pump(reader, writer)
        while data := await reader.read(65536):
            self.said += data
            writer.write(data)


async def test_a_flush_comes_after_what_was_sent_before_it(server: EmbeddedServer, settings: Settings) -> None:
    # An answered flush says that the server has the subscription: who asks from now on is heard.
    wire = Heard(int(server.url.rpartition(":")[2]))
    await wire.open()
    bus = await connect(msgspec.structs.replace(settings, nats_url=wire.url), "edge")
    try:
        wire.said.clear()
        await bus.nc.subscribe("op.one.done")
        await bus.flush()
        assert wire.said.index(b"SUB op.one.done") < wire.said.index(b"PING")
    finally:
        await bus.close()
        await wire.close()
