"""A process that is many clients of one edge: `python -m tests.bench.crowd URL OWNERS SOCKETS`, driven line by line.

Commands on standard input: `connect N` (all at once, each from the last sequence it was given; N: how many frames each
is still to get), `expect N` (until each has N more frames), `drop` (hang up), `forget` (and the sequences too). Each is
answered on standard output by a JSON object in a line; `again` counts the times somebody was not let in.
"""

import asyncio
import hashlib
import json
import random
import sys
import time

from coincurve import PrivateKey

from bus.process import allow_many_sockets
from schemas.ids import owner_of
from schemas.nip98 import sign
from tests.bench.socket_client import SocketClient

AT_ONCE = 500
"""Upgrades under way: a listening socket queues about as many."""


def keys_of(owners: int) -> list[bytes]:
    """The secret keys of the crowd's owners, the same in every process."""
    return [hashlib.sha256(f"crowd-{number}".encode()).digest() for number in range(owners)]


def owners_of(owners: int) -> list[str]:
    """The owner tokens of the crowd."""
    return [owner_of(PrivateKey(key).public_key_xonly.format().hex()) for key in keys_of(owners)]


class Crowd:
    """All clients and how far they are together."""

    def __init__(self, url: str, owners: int, sockets: int) -> None:
        self._url, self._host = url, url.removeprefix("http://")
        self._keys = [key for key in keys_of(owners) for _ in range(sockets // owners)]
        self._ends = [0] * len(self._keys)
        self._clients: list[SocketClient] = []
        self._frames = 0
        self._wanted = 0
        self._again = 0
        self._enough = asyncio.Event()

    async def connect(self, frames: int) -> dict[str, object]:
        """Everybody, as fast as they are let in; then until each has got `frames` frames."""
        started = time.perf_counter()
        self._expect(frames * len(self._keys))
        gate = asyncio.Semaphore(AT_ONCE)
        self._clients = await asyncio.gather(*(self._one(gate, number) for number in range(len(self._keys))))
        ready = time.perf_counter() - started
        await self._enough.wait()
        return self._report(readyS=ready, doneS=time.perf_counter() - started)

    async def expect(self, frames: int) -> dict[str, object]:
        """Until each has got `frames` more frames."""
        started = time.perf_counter()
        self._expect(frames * len(self._keys))
        await self._enough.wait()
        return self._report(doneS=time.perf_counter() - started)

    def drop(self, *, forget: bool) -> dict[str, object]:
        """Everybody hangs up, and will go on from where they were, or `forget` that there was anything."""
        for client in self._clients:
            client.abort()
        self._ends = [0 if forget else client.end for client in self._clients]
        return {"dropped": len(self._clients)}

    def _expect(self, frames: int) -> None:
        self._frames, self._wanted = 0, frames
        self._enough.clear()
        if not frames:
            self._enough.set()

    def _on_frame(self) -> None:
        self._frames += 1
        if self._frames == self._wanted:
            self._enough.set()

    async def _one(self, gate: asyncio.Semaphore, number: int) -> SocketClient:
        """A client that tries again, as any should, when it is not let in."""
        while True:
            async with gate:
                loop, host = asyncio.get_running_loop(), self._host
                address, _, port = host.partition(":")
                hello, end = self._hello(number), self._ends[number]
                try:
                    _, client = await loop.create_connection(
                        lambda: SocketClient(host, hello, end, self._on_frame),  # noqa: B023  called before it changes
                        address,
                        int(port),
                    )
                    await client.ready
                    return client
                except OSError:
                    self._again += 1
            await asyncio.sleep(random.uniform(0.2, 1.0))

    def _hello(self, number: int) -> bytes:
        token = sign(
            self._keys[number],
            url=f"{self._url}/v1/ws",
            method="GET",
            created_at=int(time.time()),
            nonce=f"{number}-{time.time_ns()}",
        )
        hello = {"op": "hello", "token": token.removeprefix("Nostr "), "lastSeq": self._ends[number]}
        return json.dumps(hello).encode()

    def _report(self, **seconds: float) -> dict[str, object]:
        broken = [client.broken for client in self._clients if client.broken]
        return {"frames": self._frames, "broken": len(broken), "first": broken[:1], "again": self._again, **seconds}


async def _obey(crowd: Crowd) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        match line.decode().split():
            case ["connect", frames]:
                answer = await crowd.connect(int(frames))
            case ["expect", frames]:
                answer = await crowd.expect(int(frames))
            case ["drop" | "forget" as how]:
                answer = crowd.drop(forget=how == "forget")
            case _:
                return
        print(json.dumps(answer), flush=True)


async def _main() -> None:
    await _obey(Crowd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))


if __name__ == "__main__":
    allow_many_sockets()
    asyncio.run(_main())
