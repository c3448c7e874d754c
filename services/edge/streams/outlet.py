"""One reader's side of the log: the session machine, the frames that wait to be sent, and what still has to be read.

Bounded: at most `LIMIT` frames of together at most `LIMIT_BYTES` wait, besides one page of at most `PAGE_BYTES` that is
being read; so no client costs more than 3.2 MiB here, whatever it does (and 64 KiB in the server's write buffer).
Pages are only read when there is room for them, so an overflow means that live messages outrun the client; then it is
`slow`, nothing more is queued, and it catches up by the last sequence it has.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, assert_never

import msgspec
import structlog

from schemas.base import UNREADABLE
from schemas.frames import AnyServerFrame, GapFrame, Msg, Ping, ProblemFrame, Ready, msg_frame
from schemas.notifications import Notification
from services.edge.streams import session as machine
from services.edge.streams.owner_log import PAGE
from services.edge.streams.session import Deliver, Fetch, Gap, Logged, Session, Step

LIMIT = 256
SHARED = 512
"""Frames kept while the other readers of an owner get them too: rendered once, at most 17 MiB of them."""
LIMIT_BYTES = 2 << 20
PAGE_BYTES = PAGE * (17 << 10)
"""NOTIFY keeps messages of up to 16 KiB; a frame adds its sequences."""

Kind = Literal["msg", "gap", "ready", "ping", "problem"]

log = structlog.stdlib.get_logger("edge")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A frame on its way: `body` is its JSON, the same at every door.

    `event` is what it tells of (a notification's type, otherwise the kind); `seq` is where it brings a client (None: it
    moves nobody).
    """

    kind: Kind
    event: str
    body: bytes
    seq: int | None = None


class Outlet:
    """What the hub and the reader feed and the writer empties; single-threaded, every method but `next_*` is atomic."""

    def __init__(self, last_seq: int) -> None:
        self.session: Session = machine.joined(last_seq)
        self.on_ack: Callable[[int], None] = lambda _: None
        self.slow = asyncio.Event()
        self._waiting: deque[Outgoing] = deque()
        self._bytes = 0
        self._fetch: Fetch | None = None
        self._moved = asyncio.Event()

    @property
    def position(self) -> int:
        """Everything up to here was queued or declared missing."""
        return self.session.sent

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits and nothing more is known to exist."""
        return not self._waiting and not self.session.fetching

    @property
    def newest(self) -> int:
        """The newest sequence known to exist (0: none)."""
        return max(self.session.sent, self.session.target)

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

    def acknowledge(self, seq: int) -> None:
        """The client took in everything up to `seq`; nobody can take in what was never given."""
        if seq <= self.position:
            self.on_ack(seq)

    def say(self, frame: Ready | Ping) -> None:
        """Queue a frame that is not part of the log."""
        self._offer(framed(frame))

    async def next_fetch(self) -> Fetch:
        """The next page to read, as soon as there is one and room for it."""
        while self._fetch is None or not self._has_room:
            self._moved.clear()
            await self._moved.wait()
        fetch, self._fetch = self._fetch, None
        return fetch

    async def next_frame(self) -> Outgoing:
        """The next frame to send, as soon as there is one."""
        while not self._waiting:
            self._moved.clear()
            await self._moved.wait()
        return self._taken()

    async def next_or_rest(self) -> Outgoing | None:
        """The next frame; None as soon as all that the log is known to hold was given."""
        while not self._waiting and not self.at_rest:
            self._moved.clear()
            await self._moved.wait()
        return self._taken() if self._waiting else None

    @property
    def _has_room(self) -> bool:
        return len(self._waiting) <= LIMIT - PAGE - 2 and self._bytes <= LIMIT_BYTES - PAGE_BYTES

    def _taken(self) -> Outgoing:
        outgoing = self._waiting.popleft()
        self._bytes -= len(outgoing.body)
        self._moved.set()
        return outgoing

    def _apply(self, step: Step) -> None:
        self.session, actions = step
        for action in actions:
            match action:
                case Deliver(seq=seq, prev=prev, payload=payload):
                    self._offer(_delivery(seq, prev, payload))
                case Gap(first=first, last=last):
                    # A client from the future is brought back: it never stands where this log has not been.
                    at = self.session.sent if last is None else min(last, self.session.sent)
                    self._offer(framed(GapFrame(first=first, last=last), at))
                case Fetch():
                    self._fetch = action
                case _ as never:
                    assert_never(never)
        self._moved.set()

    def _offer(self, outgoing: Outgoing) -> None:
        if self.slow.is_set() or len(self._waiting) >= LIMIT or self._bytes + len(outgoing.body) > LIMIT_BYTES:
            self.slow.set()
            return
        self._waiting.append(outgoing)
        self._bytes += len(outgoing.body)
        self._moved.set()


def framed(frame: AnyServerFrame, seq: int | None = None) -> Outgoing:
    """`frame` ready to be sent; `seq` is where it brings the client."""
    body = msgspec.json.encode(frame)
    match frame:
        case Msg(type=event):
            return Outgoing("msg", event, body, seq)
        case GapFrame():
            return Outgoing("gap", "gap", body, seq)
        case Ready():
            return Outgoing("ready", "ready", body)
        case Ping():
            return Outgoing("ping", "ping", body)
        case ProblemFrame():
            return Outgoing("problem", "problem", body)
        case _ as never:
            assert_never(never)


@lru_cache(maxsize=SHARED)
def _delivery(seq: int, prev: int, payload: bytes) -> Outgoing:
    try:
        return framed(msg_frame(seq, prev, msgspec.json.decode(payload, type=Notification)), seq)
    except UNREADABLE:
        # Nobody but the notifier writes here; still, what cannot be read is declared missing, never skipped.
        log.error("notification.undecodable", seq=seq)
        return framed(GapFrame(first=prev + 1, last=seq), seq)
