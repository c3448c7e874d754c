"""One subscription for many answers: each request gets a subject of its own below it, and no subscription of its own.

A subscription a request costs two protocol messages and a task; reading facts is what every worker does most.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from nats.aio.client import Client
from nats.aio.msg import Msg

Hear = Callable[[Msg], None]


class Mux:
    """Answers to requests over `client`. The subscription is made once and lives as long as the connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._base = ""
        self._numbers = count(1)
        self._hearing: dict[str, Hear] = {}
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Subscribe, if that was not done yet; nats errors when the connection is closed."""
        async with self._starting:
            if not self._base:
                base = self._client.new_inbox()
                await self._client.subscribe(f"{base}.*", cb=self._heard)
                self._base = base

    @contextmanager
    def reply_to(self, hear: Hear) -> Iterator[str]:
        """A reply subject whose messages go to `hear` while the context is open. Call `start` before."""
        token = str(next(self._numbers))
        self._hearing[token] = hear
        try:
            yield f"{self._base}.{token}"
        finally:
            del self._hearing[token]

    async def _heard(self, message: Msg) -> None:
        hear = self._hearing.get(message.subject.rpartition(".")[2])
        if hear is not None:
            hear(message)
