"""Permissions cannot see headers, so no header may hurt what a stream holds; what TIMERS has to obey is pinned."""

import json

import pytest

from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.client.publish import publish
from bus.tables.identities import APP_IDENTITIES
from bus.tables.permissions import BUCKET_WRITERS, BUCKETS_SHARED_OUT, permissions_of
from bus.tables.streams import BUCKETS, all_streams, stream_of

from .conftest import Connect
from .privileges import concrete

REFUSED_EVERYWHERE = (
    {"Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1"},
    {"Nats-Incr": "+1"},
    {"Nats-Expected-Stream": "OTHER"},
)
REFUSED_WHERE_FACTS_ARE = (
    {"Nats-Rollup": "all"},
    {"Nats-Rollup": "sub"},
    {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": "x"},
)


def writers() -> dict[str, tuple[str, str]]:
    """Stream -> somebody who may write it, and a subject of it."""
    found: dict[str, tuple[str, str]] = {}
    for identity in APP_IDENTITIES:
        for right in permissions_of(identity).publish:
            try:
                found.setdefault(stream_of(concrete(right)), (identity, concrete(right)))
            except KeyError:
                continue
    return found


def test_every_stream_has_a_writer_but_the_servers_own() -> None:
    assert {spec.name for spec in all_streams()} - set(writers()) == {"ADVISORY"}


async def test_no_header_hurts_what_a_stream_holds(join: Connect) -> None:
    root = await join("topology")
    for stream, (identity, subject) in writers().items():
        bus = await join(identity)
        await publish(bus, subject, b"{}")
        standing = await _messages(root, stream)
        tricks = REFUSED_EVERYWHERE + (REFUSED_WHERE_FACTS_ARE if stream != "TIMERS" else ())
        for headers in tricks:
            assert await _error(bus, subject, headers) > 0, (stream, headers)
        assert await _messages(root, stream) == standing


async def test_a_life_span_is_refused_where_messages_must_stay(join: Connect) -> None:
    mortal = {spec.name for spec in all_streams() if spec.ttl}
    for stream, (identity, subject) in writers().items():
        if stream not in mortal:
            assert await _error(await join(identity), subject, {"Nats-TTL": "1s"}) > 0, stream


@pytest.mark.parametrize("bucket", [spec.name for spec in BUCKETS])
async def test_who_writes_a_bucket_cannot_erase_it(join: Connect, bucket: str) -> None:
    writer, root = await join(BUCKET_WRITERS[bucket][0]), await join("topology")
    own = f"$KV.{bucket}.{writer.identity}" if bucket in BUCKETS_SHARED_OUT else f"$KV.{bucket}"
    for key in ("a", "b"):
        await publish(writer, f"{own}.{key}", b"{}")
    for headers in ({"Nats-Rollup": "all"}, {"Nats-Rollup": "sub"}, {"KV-Operation": "PURGE", "Nats-Rollup": "sub"}):
        assert await _error(writer, f"{own}.c", headers) > 0
    assert await _messages(root, f"KV_{bucket}") == 2


async def test_a_worker_can_spoil_alarms_and_nothing_else(join: Connect) -> None:
    """The price of schedules is that TIMERS obeys rollups. A lost alarm costs time: the sweeper ticks what stalls."""
    worker, notifier, root = await join("dns-publisher"), await join("notifier"), await join("topology")
    await publish(notifier, "tick.notifier.p", b"{}")
    assert await _error(worker, "tick.dns-publisher.q", {"Nats-Rollup": "all"}) == 0
    assert await _messages(root, "TIMERS") == 1
    elsewhere = {"Nats-Schedule": "@at 2030-01-01T00:00:00Z", "Nats-Schedule-Target": "saga.o.p.published.notifier"}
    assert await _error(worker, "timer.dns-publisher.q", elsewhere) > 0


async def _error(bus: Bus, subject: str, headers: dict[str, str]) -> int:
    answer = json.loads((await bus.nc.request(subject, b"{}", headers=headers, timeout=10)).data)
    return int(answer.get("error", {}).get("err_code", 0))


async def _messages(root: Bus, stream: str) -> int:
    state = (await js_request(root, f"STREAM.INFO.{stream}"))["state"]
    assert isinstance(state, dict)
    return int(state["messages"])
