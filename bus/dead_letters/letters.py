"""The dead letters, read and taken away: what `bus.dead_letters.burying` and the notifier put into DLQ, as types.

A reader may be answered by a copy that is behind; taking away is the leader's, so a letter is taken away once, whoever
tries it how often.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bus.client import direct
from bus.client.connection import Bus
from bus.client.js_api import js_request_patiently
from bus.errors import BusRefused
from bus.tables import subjects

STREAM = "DLQ"
PAGE = 64
GONE = frozenset({10037, 10057})
"""No message there, or not any more."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Letter `seq`, put into DLQ at `at` (unix seconds): what `consumer` of `stream` could not handle.

    `subject` and `origin_seq` say which message it was (`subject` is `-` if that was gone), `reason`, `error_type` and
    `tries` what came of it, `data` what it held.
    """

    seq: int
    at: float
    stream: str
    consumer: str
    subject: str
    origin_seq: int
    reason: str
    error_type: str
    tries: int
    data: bytes


async def letters(
    bus: Bus, *, stream: str = "*", consumer: str = "*", since: str | None = None
) -> AsyncIterator[Letter]:
    """Every letter of `consumer` of `stream`, put there since `since` (RFC 3339), by rising sequence."""
    pattern, after = subjects.dead_letter(stream, consumer), 0
    while page := await direct.following(bus, STREAM, pattern, after, PAGE, since):
        after = page[-1].seq
        for stored in page:
            yield _letter(stored)


async def letter(bus: Bus, seq: int) -> Letter | None:
    """Letter `seq`, or None."""
    found = await direct.following(bus, STREAM, subjects.dead_letter("*", "*"), seq - 1, 1, None)
    return _letter(found[0]) if found and found[0].seq == seq else None


async def take_away(bus: Bus, seq: int) -> bool:
    """Delete letter `seq` for good; False if somebody else did, or it never was."""
    try:
        await js_request_patiently(bus, f"STREAM.MSG.DELETE.{STREAM}", {"seq": seq})
    except BusRefused as refusal:
        if refusal.code in GONE:
            return False
        raise
    return True


def _letter(stored: direct.Stored) -> Letter:
    _, stream, consumer = stored.subject.split(".", 2)
    said = stored.headers.get
    return Letter(
        seq=stored.seq,
        at=stored.at,
        stream=stream,
        consumer=consumer,
        subject=said("X-Orig-Subject", "-"),
        origin_seq=_number(said("X-Orig-Seq", "0")),
        reason=said("X-Reason", "-"),
        error_type=said("X-Error-Type", "-"),
        tries=_number(said("X-Delivered", "0")),
        data=stored.data,
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
