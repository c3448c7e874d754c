"""`python -m tests.bench.follower KIND URL WHERE`: one edge's cache as a process, which tells when it saw what.

KIND is `mesh` (our mirror; WHERE is the folder of keys), `reread` (Redis Pub/Sub names the key, whose value is read
again; WHERE is the channel) or `value` (the message holds it). For each line on standard input it prints one: what it
saw since (position, monotonic time), and what it holds.
"""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import msgspec
import redis.asyncio as redis
import uvloop

from bus import log as logs
from bus.buckets.mirror import Mirror
from bus.client.connection import connect
from schemas.records import NameRecord
from schemas.settings import Settings


class Report(msgspec.Struct, frozen=True):
    """`seen` are (stream sequence or write number, monotonic seconds); `held` is the write number of every key."""

    seen: list[tuple[int, float]]
    held: dict[str, int]


@dataclass(slots=True)
class Cache:
    """What a follower knows."""

    records: dict[str, NameRecord] = field(default_factory=dict)
    mirror: Mirror[NameRecord] | None = None
    seen: list[tuple[int, float]] = field(default_factory=list)

    def report(self) -> bytes:
        """Everything since the last report."""
        seen, self.seen = self.seen, []
        records = [entry.value for entry in self.mirror.entries()] if self.mirror else list(self.records.values())
        return msgspec.json.encode(Report(seen, {record.name: int(record.uri or 0) for record in records}))


_decode = msgspec.json.Decoder(NameRecord).decode


async def follow_mesh(cache: Cache, url: str, keys_dir: str) -> None:
    """Our mirror, asked as a route would ask it."""
    bus = await connect(Settings(nats_url=url, nats_keys_dir=keys_dir), "edge")
    cache.mirror = mirror = Mirror(bus, "names", NameRecord)
    await mirror.start()
    while True:
        if await mirror.wait_for(mirror.applied + 1, 0.2):
            cache.seen.append((mirror.applied, time.monotonic()))


async def follow_redis(cache: Cache, url: str, channel: str, *, reread: bool) -> None:
    """The stock client, with the reconnecting it does by itself."""
    client = redis.from_url(url)
    subscription = client.pubsub(ignore_subscribe_messages=True)
    await subscription.subscribe(channel)
    while True:
        try:
            message = await subscription.get_message(timeout=None)
            if message is None:
                continue
            data = cast("bytes", await client.get(message["data"]) if reread else message["data"])
        except (redis.ConnectionError, redis.TimeoutError):
            await asyncio.sleep(0.06)  # as long as our own client pauses
            continue
        record = _decode(data)
        cache.records[record.name] = record
        cache.seen.append((int(record.uri or 0), time.monotonic()))


async def main(kind: str, url: str, where: str) -> None:
    """Follow, and report whenever asked, until standard input ends."""
    logs.configure("follower", "error")  # to standard error: standard output is for reports
    cache = Cache()
    if kind == "mesh":
        following = asyncio.create_task(follow_mesh(cache, url, where))
    else:
        following = asyncio.create_task(follow_redis(cache, url, where, reread=kind == "reread"))
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        if following.done():
            following.result()
        sys.stdout.buffer.write(cache.report() + b"\n")
        sys.stdout.buffer.flush()
    following.cancel()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:4]))
