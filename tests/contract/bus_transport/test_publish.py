"""Publishing: stored once whatever happens in between, refused when stale, loud when not allowed."""

import asyncio

import pytest

from bus.client.publish import Conflict, Stored, publish
from bus.errors import BusDenied, BusRefused, BusUnavailable
from bus.servers.embedded import EmbeddedServer

from .conftest import Connect, trespassing
from .links import DeafLink

SUBJECT = "req.v1.node.register.a"
OTHER = "req.v1.node.register.b"


async def test_the_same_message_id_is_stored_once(join: Connect) -> None:
    edge = await join("edge")
    first = await publish(edge, SUBJECT, b"x", msg_id="one")
    again = await publish(edge, SUBJECT, b"x", msg_id="one")
    assert isinstance(first, Stored)
    assert not first.duplicate
    assert again == Stored(first.seq, duplicate=True)


async def test_a_stale_writer_is_told_what_stands(join: Connect) -> None:
    edge = await join("edge")
    assert await publish(edge, SUBJECT, b"x", expect_last=0) == Stored(1, duplicate=False)
    assert await publish(edge, SUBJECT, b"y", expect_last=0) == Conflict(1)
    assert await publish(edge, SUBJECT, b"y", expect_last=1) == Stored(2, duplicate=False)


async def test_compare_and_set_over_a_whole_operation(join: Connect) -> None:
    builder = await join("offer-builder")
    family = "saga.o.p.>"
    first = "saga.o.p.requested.offer-builder"
    assert await publish(builder, first, b"1", expect_last=0, expect_filter=family) == Stored(1, duplicate=False)
    stale = await publish(builder, "saga.o.p.reserved.node-manager", b"2", expect_last=0, expect_filter=family)
    assert isinstance(stale, Conflict)
    fresh = await publish(builder, "saga.o.p.reserved.node-manager", b"2", expect_last=1, expect_filter=family)
    assert fresh == Stored(2, duplicate=False)


async def test_a_retry_of_a_compare_and_set_is_not_its_own_rival(server: EmbeddedServer, join: Connect) -> None:
    edge, link = await join("edge"), DeafLink(server.port)
    deaf = await link.connect(edge.settings)
    try:
        first = await publish(deaf, SUBJECT, b"x", expect_last=0)
        assert link.swallowed == 1
        assert first == Stored(1, duplicate=False)
        await publish(edge, OTHER, b"x")
        link.swallowed = 0
        assert await publish(deaf, OTHER, b"y", expect_last=0) == Conflict(2)
    finally:
        await deaf.close()
        await link.close()


async def test_a_publish_outlives_a_server_kill_and_is_stored_once(server: EmbeddedServer, join: Connect) -> None:
    edge = await join("edge")
    await server.kill()
    publishing = asyncio.create_task(publish(edge, SUBJECT, b"x", msg_id="one"))
    await server.start()
    assert isinstance(await publishing, Stored)
    assert await publish(edge, SUBJECT, b"x", msg_id="one") == Stored(1, duplicate=True)


async def test_patience_ends(server: EmbeddedServer, join: Connect) -> None:
    edge = await join("edge")
    await server.kill()
    with pytest.raises(BusUnavailable):
        await publish(edge, SUBJECT, b"x", patience_s=0.5)


async def test_nobody_listening_is_unavailable_not_lost(join: Connect) -> None:
    admin = await join("topology")
    with pytest.raises(BusUnavailable):
        await publish(admin, "$JS.API.NOTHING.HERE", b"x", patience_s=0.3)


async def test_too_big_for_the_stream_is_refused_for_good(join: Connect) -> None:
    edge = await join("edge")
    with pytest.raises(BusRefused):
        await publish(edge, SUBJECT, b"x" * (65 << 10))


async def test_a_forbidden_subject_is_said_not_timed_out(join: Connect) -> None:
    edge = trespassing(await join("edge"))
    with pytest.raises(BusDenied):
        await publish(edge, "ntf.someone", b"x", patience_s=5)
    assert edge.errors == 1
