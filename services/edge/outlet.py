"""One socket's side of the log: the session machine, the frames that wait to be sent, and what still has to be read.

Bounded: at most `LIMIT` frames wait. Pages are only read when there is room for them, so an overflow means that live
messages outrun the client; then the socket is `slow`, nothing more is queued, and the client catches up by `lastSeq`.
"""

import asyncio
from collections import deque
from typing import assert_never

import msgspec
import structlog

from schemas.frames import GapFrame, ServerFrame, msg_frame
from schemas.notifications import Notification
from services.edge import session as machine
from services.edge.session import Deliver, Fetch, Gap, Logged, Session, Step

LIMIT = 256
PAGE = 64

log = structlog.stdlib.get_logger("edge")


class Outlet:
    """What the hub and the reader feed and the writer empties; single-threaded, every method but `next_*` is atomic."""

    def __init__(self, last_seq: int) -> None:
        self.session: Session = machine.joined(last_seq)
        self.acked = 0
        self.slow = asyncio.Event()
        self._waiting: deque[bytes] = deque()
        self._fetch: Fetch | None = None
        self._moved = asyncio.Event()

    def opened(self, head: int) -> None:
        """The newest sequence of the log is known."""
        self._apply(machine.opened(self.session, head))

    def arrived(self, seq: int, prev: int, payload: bytes) -> None:
        """A live message."""
        self._apply(machine.arrived(self.session, seq, prev, payload))

    def dirty(self) -> None:
        """Live messages may have been lost."""
        self._apply(machine.dirty(self.session))

    def page(self, messages: tuple[Logged, ...], *, more: bool) -> None:
        """What the log holds from where `next_fetch` said."""
        self._apply(machine.page(self.session, messages, more=more))

    def say(self, frame: ServerFrame) -> None:
        """Queue a frame that is not part of the log."""
        self._offer(msgspec.json.encode(frame))

    async def next_fetch(self) -> Fetch:
        """The next page to read, as soon as there is one and room for it."""
        while self._fetch is None or len(self._waiting) > LIMIT - PAGE - 2:
            self._moved.clear()
            await self._moved.wait()
        fetch, self._fetch = self._fetch, None
        return fetch

    async def next_frame(self) -> bytes:
        """The next frame to send, as soon as there is one."""
        while not self._waiting:
            self._moved.clear()
            await self._moved.wait()
        frame = self._waiting.popleft()
        self._moved.set()
        return frame

    def _apply(self, step: Step) -> None:
        self.session, actions = step
        for action in actions:
            match action:
                case Deliver(seq=seq, prev=prev, payload=payload):
                    self._offer(_encoded(seq, prev, payload))
                case Gap(first=first, last=last):
                    self._offer(msgspec.json.encode(GapFrame(first=first, last=last)))
                case Fetch():
                    self._fetch = action
                    self._moved.set()
                case _ as never:
                    assert_never(never)

    def _offer(self, frame: bytes) -> None:
        if self.slow.is_set() or len(self._waiting) >= LIMIT:
            self.slow.set()
            return
        self._waiting.append(frame)
        self._moved.set()


def _encoded(seq: int, prev: int, payload: bytes) -> bytes:
    try:
        return msgspec.json.encode(msg_frame(seq, prev, msgspec.json.decode(payload, type=Notification)))
    except msgspec.DecodeError:
        # Nobody but the notifier writes here; still, what cannot be read is declared missing, never skipped.
        log.error("notification.undecodable", seq=seq)
        return msgspec.json.encode(GapFrame(first=prev + 1, last=seq))
