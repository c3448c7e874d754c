"""The road between a node and its signers: requests go to every signer attached, the first answer wins.

A new signer first gets a heartbeat, then everything that is still unanswered. Nothing is lost while nobody is attached;
it waits. An answer that says `error` is dropped, and whoever asked goes on waiting, as on a real node: what a call asks
for freezes the whole node until it is answered (`sign`, `awake`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from proto import greenlight_pb2
from services.sandbox.greenlight.errors import NodeStopped

HEARTBEAT: Final = (2008).to_bytes(2, "big")
FIRST_ID: Final = 1000

Item = greenlight_pb2.HsmRequest | None


class Hsm:
    """One node's signers and open requests. `changed` is called when a signer comes or goes."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._next_id = FIRST_ID
        self._signers: set[asyncio.Queue[Item]] = set()
        self._open: dict[int, tuple[greenlight_pb2.HsmRequest, asyncio.Future[bytes]]] = {}
        self._state: dict[str, greenlight_pb2.SignerStateEntry] = {}
        self._calls: list[greenlight_pb2.PendingRequest] = []
        self._signing: set[asyncio.Task[bytes]] = set()
        self._shut_until = 0.0
        self.errors: int = 0

    @property
    def attached(self) -> int:
        """How many signers have their stream open."""
        return len(self._signers)

    async def attach(self) -> AsyncIterator[greenlight_pb2.HsmRequest]:
        """What one signer is sent, until it leaves or `close`."""
        await asyncio.sleep(max(0.0, self._shut_until - time.monotonic()))
        queue: asyncio.Queue[Item] = asyncio.Queue()
        for request, _answer in self._open.values():
            queue.put_nowait(request)
        self._signers.add(queue)
        self._changed()
        try:
            yield greenlight_pb2.HsmRequest(request_id=0, raw=HEARTBEAT, signer_state=self._state.values())
            while (item := await queue.get()) is not None:
                yield item
        finally:
            self._signers.discard(queue)
            self._changed()

    async def ask(self, raw: bytes) -> bytes:
        """The signers' answer to one HSM message; waits as long as it takes, and is taken back if cancelled."""
        number, self._next_id = self._next_id, self._next_id + 1
        request = greenlight_pb2.HsmRequest(request_id=number, raw=raw, requests=self._calls)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._open[number] = (request, answer)
        for queue in self._signers:
            queue.put_nowait(request)
        try:
            return await answer
        finally:
            del self._open[number]

    async def sign(self, raw: bytes) -> bytes:
        """As `ask`, by a call's own work: the node is frozen until a signer answers, whether the caller waits or not.

        Raises NodeStopped.
        """
        asking = asyncio.create_task(self.ask(raw))
        self._signing.add(asking)
        asking.add_done_callback(self._signing.discard)
        await asyncio.wait({asking})
        if asking.cancelled():
            raise NodeStopped
        return asking.result()

    @property
    def frozen(self) -> bool:
        """Whether something waits for a signature."""
        return bool(self._signing)

    async def awake(self) -> None:
        """Return when nothing waits for a signature."""
        while self._signing:
            await asyncio.wait(self._signing)

    def shut_out(self, seconds: float) -> None:
        """Lose every signer, and let none in for `seconds`."""
        self._shut_until = time.monotonic() + seconds
        self._end_streams()

    def respond(self, response: greenlight_pb2.HsmResponse) -> None:
        """Take one signer's answer; late, unknown and failed ones change nothing."""
        if response.error:
            self.errors += 1
            return
        for entry in response.signer_state:
            if entry.key not in self._state or entry.version >= self._state[entry.key].version:
                self._state[entry.key] = entry
        _request, answer = self._open.get(response.request_id, (None, None))
        if answer is not None and not answer.done():
            answer.set_result(response.raw)

    @contextmanager
    def justified_by(self, call: greenlight_pb2.PendingRequest) -> Iterator[None]:
        """While open, requests to signers carry `call`, so that they can see who asked for it."""
        self._calls.append(call)
        try:
            yield
        finally:
            self._calls.remove(call)

    def close(self) -> None:
        """End every signer's stream, and what calls asked for."""
        for asking in self._signing:
            asking.cancel()
        self._end_streams()

    def _end_streams(self) -> None:
        for queue in self._signers:
            queue.put_nowait(None)
