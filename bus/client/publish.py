"""Publish to a stream until the server has stored it, exactly once, or has said no.

A publish that timed out may still be stored, so every retry carries the same message id: a second arrival is seen as
a duplicate (within the stream's window). The server checks a compare-and-set before it looks for duplicates, so a retry
may lose against its own first attempt: then what stands on the subject says, by its message id, whose it is.
"""

import asyncio
import base64
import json
import random
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import structlog

from bus.client.connection import Bus
from bus.client.js_api import core_request, js_request
from bus.errors import BusFull, BusRefused, BusUnavailable
from bus.tables.streams import stream_of

log = structlog.stdlib.get_logger("bus")

ATTEMPT_S = 3.0
PAUSE_S = 0.05
PAUSE_MAX_S = 1.0
MSG_ID = "Nats-Msg-Id"

WRONG_LAST = frozenset({10071, 10164, 10070})
RETRY = frozenset({10210, 10167, 10158})
"""Too many batches in flight, too many requests, or the like: the server is busy, not opposed."""
FULL = frozenset({10002, 10023, 10047, 10077})
"""The account's limit, the server's memory, the server's disk, the stream's limit: nothing is stored until there is
room. A disk whose last block is written says none of these: the server does not answer at all."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The message stands at `seq`; `duplicate` if an earlier one with the same id does instead."""

    seq: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something newer stands; `last_seq` is its sequence when the server said which."""

    last_seq: int | None


async def publish(
    bus: Bus,
    subject: str,
    payload: bytes,
    *,
    msg_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    expect_last: int | None = None,
    expect_filter: str | None = None,
    patience_s: float = 12,
) -> Stored | Conflict:
    """Store `payload` on `subject`.

    `expect_last`: only if the last sequence on `subject` (or on the wildcard `expect_filter`) is this one; 0: only if
    there is none. Without `msg_id` a random one serves this call's retries. Raises BusUnavailable after `patience_s`
    seconds (the outcome is unknown; BusFull for want of room), BusRefused when the server will never take it,
    BusDenied without permission.
    """
    complete = _headers(headers, msg_id or secrets.token_hex(16), expect_last, expect_filter)
    loop = asyncio.get_running_loop()
    deadline, pause, unknown = loop.time() + patience_s, PAUSE_S, False
    while True:
        timeout_s = max(0.1, min(ATTEMPT_S, deadline - loop.time()))
        try:
            answer = await core_request(bus, subject, payload, timeout_s=timeout_s, headers=dict(complete))
            outcome = _outcome(answer)
            _heard(bus, subject)
            if unknown:
                outcome = await _rivalry(bus, subject, complete[MSG_ID], outcome)
            if msg_id is None and isinstance(outcome, Stored):
                return Stored(outcome.seq, duplicate=False)  # the id was this call's own: what stands is ours
            return outcome
        except asyncio.CancelledError:
            _unheard(bus, subject)  # whoever waited gave up
            raise
        except BusUnavailable as error:
            unknown = True
            _unheard(bus, subject)
            if isinstance(error, BusFull) and pause == PAUSE_S:
                log.error("bus.full", subject=subject, detail=str(error))
            if loop.time() + pause > deadline:
                raise
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  jitter is no secret
        pause = min(PAUSE_MAX_S, pause * 2)


def _heard(bus: Bus, subject: str) -> None:
    if bus.unanswered:
        bus.unanswered.pop(stream_of(subject), None)


def _unheard(bus: Bus, subject: str) -> None:
    if bus.connected:  # or the silence is the connection's, not the stream's
        with suppress(KeyError):  # nobody stores this subject: a mistake that its caller hears of
            bus.unanswered[stream_of(subject)] = time.monotonic()


def _headers(
    given: Mapping[str, str] | None, msg_id: str, expect_last: int | None, expect_filter: str | None
) -> dict[str, str]:
    headers = {**(given or {}), MSG_ID: msg_id}
    if expect_last is not None:
        headers["Nats-Expected-Last-Subject-Sequence"] = str(expect_last)
    if expect_filter is not None:
        headers["Nats-Expected-Last-Subject-Sequence-Subject"] = expect_filter
    return headers


async def _rivalry(bus: Bus, subject: str, msg_id: str, outcome: Stored | Conflict) -> Stored | Conflict:
    """After an attempt of unknown outcome a conflict may be with ourselves: ask the leader who stands on `subject`."""
    if isinstance(outcome, Stored):
        return outcome
    try:
        answer = await js_request(bus, f"STREAM.MSG.GET.{stream_of(subject)}", {"last_by_subj": subject})
    except BusRefused:
        return outcome  # nothing stands there, so nothing of ours
    standing = msgspec.convert(answer["message"], _Standing)
    ours = f"{MSG_ID}: {msg_id}\r\n".encode() in base64.b64decode(standing.hdrs)
    return Stored(standing.seq, duplicate=True) if ours else outcome


class _Standing(msgspec.Struct, frozen=True):
    seq: int
    hdrs: str = ""


def _outcome(answer: bytes) -> Stored | Conflict:
    ack = json.loads(answer)
    error = ack.get("error")
    if error is None:
        return Stored(int(ack["seq"]), bool(ack.get("duplicate", False)))
    code, text = int(error.get("err_code", 0)), str(error.get("description", ""))
    if code in WRONG_LAST:
        found = re.search(r"wrong last sequence: (\d+)", text)
        return Conflict(int(found[1]) if found else None)
    if code in FULL:
        raise BusFull(text)
    if error.get("code") in (429, 503) or code in RETRY:
        raise BusUnavailable(text)
    raise BusRefused(code, text)
