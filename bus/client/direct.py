"""Reading many stored messages at once with JetStream's batch direct get (facts/nats.md §2.2).

A direct get may be answered by a follower: what it returns is true but may be old. Whoever decides on it writes with a
compare-and-set.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, Error

from bus.client.connection import Bus
from bus.errors import BusDenied, BusRefused, BusUnavailable

API = "$JS.API.DIRECT.GET"
ANSWER_WITHIN_S = 2.0
_END, _NOTHING, _BUSY = "204", "404", ("408", "429", "503")
_OWN_HEADERS = "nats-"


@dataclass(frozen=True, slots=True)
class Stored:
    """One message as stored: `seq` in its stream, `at` server time (unix seconds), headers without the server's own."""

    subject: str
    seq: int
    at: float
    headers: dict[str, str]
    data: bytes


async def last_of(bus: Bus, stream: str, pattern: str, patience_s: float = 12) -> list[Stored]:
    """The last message of every subject that matches `pattern`, by rising sequence; BusUnavailable after patience."""
    return await _patiently(bus, stream, {"multi_last": [pattern]}, patience_s)


async def following(bus: Bus, stream: str, pattern: str, after_seq: int, limit: int, since: str | None) -> list[Stored]:
    """Up to `limit` messages matching `pattern` after sequence `after_seq`, or from the instant `since` (RFC 3339)."""
    start: dict[str, Any] = {"start_time": since} if since and not after_seq else {"seq": after_seq + 1}
    return await _patiently(bus, stream, start | {"batch": limit, "next_by_subj": pattern}, 12)


async def _patiently(bus: Bus, stream: str, question: dict[str, Any], patience_s: float) -> list[Stored]:
    loop = asyncio.get_running_loop()
    give_up_at, pause = loop.time() + patience_s, 0.02
    while True:
        try:
            return await _ask(bus, stream, question)
        except (BusUnavailable, TimeoutError, Error) as error:
            if bus.was_denied(f"{API}.{stream}"):
                raise BusDenied(f"{bus.identity} may not read {stream}") from None
            # TimeoutError and nats errors alike: we heard nothing, and reading again is free.
            if loop.time() + pause > give_up_at or isinstance(error, ConnectionClosedError):
                raise BusUnavailable(f"cannot read {stream}") from error
        await asyncio.sleep(pause)
        pause = min(pause * 2, 0.5)


async def _ask(bus: Bus, stream: str, question: dict[str, Any]) -> list[Stored]:
    found: list[Stored] = []
    end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def heard(message: Msg) -> None:
        headers = message.headers or {}
        status = headers.get("Status")
        if status is None:
            found.append(_stored(message.data, headers))
        elif not end.done():
            end.set_result(f"{status} {headers.get('Description', '')}")

    await bus.mux.start()
    with bus.mux.reply_to(heard) as inbox:
        await bus.nc.publish(f"{API}.{stream}", msgspec.json.encode(question), reply=inbox)
        status, _, text = (await asyncio.wait_for(end, ANSWER_WITHIN_S)).partition(" ")
    if status in _BUSY:
        raise BusUnavailable(f"{stream}: {status} {text}")
    if status not in (_END, _NOTHING):
        raise BusRefused(int(status), text)
    return sorted(found, key=lambda stored: stored.seq)


def _stored(data: bytes, headers: dict[str, str]) -> Stored:
    return Stored(
        subject=headers["Nats-Subject"],
        seq=int(headers["Nats-Sequence"]),
        at=datetime.fromisoformat(headers["Nats-Time-Stamp"]).timestamp(),
        headers={name: value for name, value in headers.items() if not name.lower().startswith(_OWN_HEADERS)},
        data=data,
    )
