"""What one socket is sent: a pure machine over an owner's notification log, which keeps order without a gap.

Every frame covers `(prev, seq]` and `prev` is the end of the frame before it, so the client can check the chain. The
machine never skips silently: what it cannot give it declares with `Gap`. It holds no payloads: while it catches up,
live messages only move `target`, and the log itself is the buffer. The log may be read from a replica that lags, so a
message known to exist is looked for `len(LOOK_AGAIN_S)` times before it counts as gone (facts: batch direct get,
republish).
"""

from dataclasses import dataclass, replace
from typing import Literal

LOOK_AGAIN_S = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds before the first look, the second, …; after the last fruitless one the range is declared a gap."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A notification as it stands in the log."""

    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send this notification; the frame before it ended at `prev`."""

    seq: int
    prev: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Say that `first..last` (inclusive) can no longer be given; `last` None: nobody knows how far it reaches."""

    first: int
    last: int | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read a page of the log from sequence `start` on, after `pause_s`, and hand it to `page`."""

    start: int
    pause_s: float


Action = Deliver | Gap | Fetch

Anchor = Literal["none", "stands", "cut", "open"]
"""`none`: it has nothing, so nothing can be missing before its first message. `stands`: the message `sent` itself
should stand in the log, so its absence shows that retention cut something off. `cut`: it does not stand there any
more, so whatever comes next may have lost what came before it. `open`: that was said, with an end that nobody knows.
"""


@dataclass(frozen=True, slots=True)
class Session:
    """How far a socket is: everything up to `sent` was delivered or declared a gap.

    `anchor` is what is known of the place where it stands. `target`: newest sequence known to exist. `again`: look once
    more after the page under way. `looks`: fruitless looks.
    """

    sent: int
    anchor: Anchor
    target: int = 0
    fetching: bool = False
    again: bool = False
    looks: int = 0


Step = tuple[Session, tuple[Action, ...]]


def joined(last_seq: int) -> Session:
    """A client that has everything up to `last_seq` (0: nothing), before the newest sequence of its log is known."""
    return Session(sent=last_seq, anchor=_at(last_seq), fetching=True)


def opened(session: Session, head: int) -> Step:
    """The newest sequence of the log is `head` (0: empty); from here on the session moves."""
    known = max(head, session.target)
    if session.sent > known:
        # It remembers a future this log does not have: the log was made anew, or the client is confused.
        return Session(sent=known, anchor=_at(known), target=known), (Gap(known + 1, session.sent),)
    ready = replace(session, target=known, fetching=False)
    if ready.sent < known or ready.again:
        return _look(replace(ready, again=False))
    return ready, ()


def arrived(session: Session, seq: int, prev: int, payload: bytes) -> Step:
    """A live message; `prev` is the sequence before it on the owner's subject."""
    if seq <= session.sent:
        return session, ()
    if session.fetching:
        return replace(session, target=max(session.target, seq)), ()
    if prev <= session.sent:
        return replace(session, sent=seq, anchor="stands"), (Deliver(seq, session.sent, payload),)
    return _look(replace(session, target=max(session.target, seq)))


def dirty(session: Session) -> Step:
    """Live messages may have been lost (reconnect, slow consumer): look at the log, now or after the page under way."""
    if session.fetching:
        return replace(session, again=True), ()
    return _look(session)


def page(session: Session, messages: tuple[Logged, ...], *, more: bool) -> Step:
    """What the log holds from the asked sequence on, by rising sequence; `more`: the log goes on after it."""
    actions: list[Action] = []
    sent = session.sent
    if messages and session.anchor != "none" and messages[0].seq > sent + 1:
        actions.append(Gap(sent + 1, messages[0].seq - 1))
        sent = messages[0].seq - 1
    for message in messages:
        if message.seq > sent:
            actions.append(Deliver(message.seq, sent, message.payload))
            sent = message.seq
    found = sent > session.sent
    looks = 0 if found else session.looks + 1
    after = replace(session, sent=sent, anchor="stands" if found else session.anchor, looks=looks, fetching=False)
    following, more_actions = _after_page(after, more=more, empty=not messages)
    return following, (*actions, *more_actions)


def _after_page(session: Session, *, more: bool, empty: bool) -> Step:
    if more:
        return _look(replace(session, looks=0))
    missing = session.sent < session.target
    if missing or (empty and session.anchor in ("stands", "cut")):
        return _look(session) if session.looks < len(LOOK_AGAIN_S) else _give_up(session)
    if session.again:
        return _look(replace(session, again=False, looks=0))
    return replace(session, looks=0), ()


def _give_up(session: Session) -> Step:
    if session.sent < session.target:
        gap, after = Gap(session.sent + 1, session.target), replace(session, sent=session.target, anchor="cut", looks=0)
    else:
        gap, after = Gap(session.sent + 1, None), replace(session, anchor="open", looks=0)
    following, actions = _look(replace(after, again=False)) if session.again else (after, ())
    return following, (gap, *actions)


def _at(seq: int) -> Anchor:
    return "stands" if seq else "none"


def _look(session: Session) -> Step:
    # From `sent` itself, not from after it: finding it there proves that nothing was cut off in between.
    start = session.sent if session.anchor == "stands" else session.sent + 1
    pause_s = LOOK_AGAIN_S[min(session.looks, len(LOOK_AGAIN_S) - 1)]
    return replace(session, fetching=True), (Fetch(max(1, start), pause_s),)
