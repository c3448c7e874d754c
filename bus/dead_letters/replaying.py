"""Replaying a dead letter, and taking it away once that is done.

Guarantees: first the effect, then the letter is taken away. Killed in between, the next replay finds the effect (a
request) or repeats it without harm (a look). Two at once have the effect once, and one of them takes the letter away.
"""

import asyncio
from dataclasses import dataclass
from typing import assert_never

from bus.client import direct
from bus.client.connection import Bus
from bus.client.publish import Stored, publish
from bus.dead_letters import letters
from bus.dead_letters.letters import Letter
from bus.dead_letters.replay import (
    AlreadyDone,
    AskAgain,
    AskedAlready,
    Decision,
    Look,
    Newest,
    NotReplayable,
    OfOperation,
    OfRequest,
    OfTelling,
    RingAgain,
    decide_replay,
    origin_of,
)
from bus.operations import ledger, timers
from bus.operations.facts import OpRef
from bus.requests.admission import REPLAY_OF
from bus.tables import subjects

INGRESS = "INGRESS"
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Replayed:
    """It was replayed `how`; `taken_away` is False if another replay took the letter away first."""

    how: str
    taken_away: bool


Outcome = Replayed | AlreadyDone | NotReplayable


async def consider(bus: Bus, letter: Letter) -> Decision:
    """What replaying `letter` would do now."""
    origin = origin_of(letter)
    match origin:
        case OfOperation(ref=ref) | OfTelling(ref=ref):
            op, newest = await ledger.read(bus, ref), None
        case OfRequest(request=request):
            op = await ledger.read(bus, OpRef(request.owner, request.op))
            newest = await _newest(bus, origin)
        case _:
            op = newest = None
    return decide_replay(origin, op, newest, letter, bus.clock.now())


async def replay(bus: Bus, letter: Letter) -> Outcome:
    """Replay `letter` if it can be; raises BusUnavailable when the outcome is unknown: then replay it again."""
    while True:
        decision = await consider(bus, letter)
        match decision:
            case AlreadyDone() | NotReplayable():
                return decision
            case Look(worker=worker, ref=ref):
                await timers.tick(bus, worker, ref)
            case RingAgain():
                await publish(bus, letter.subject, letter.data)
            case AskAgain(after_seq=after_seq):
                if not await _asked_again(bus, letter, after_seq):
                    await asyncio.sleep(LOOK_AGAIN_S)
                    continue  # somebody asked meanwhile, and a copy may not show it yet
            case AskedAlready():
                pass
            case _ as never:
                assert_never(never)
        return Replayed(how(decision), await letters.take_away(bus, letter.seq))


def how(decision: Look | RingAgain | AskAgain | AskedAlready) -> str:
    """What replaying comes to, in words."""
    match decision:
        case Look(worker=worker):
            return f"{worker} looks at it again"
        case RingAgain():
            return "its alarm rings again"
        case AskAgain():
            return "asked again"
        case AskedAlready():
            return "asked again before"
        case _ as never:
            assert_never(never)


async def _asked_again(bus: Bus, letter: Letter, after_seq: int) -> bool:
    asked = subjects.parse_request(letter.subject)
    answer = await publish(
        bus,
        letter.subject,
        letter.data,
        msg_id=f"{letter.stream}:{letter.origin_seq}:replay:{letter.seq}",
        headers={REPLAY_OF: str(letter.seq)},
        expect_last=after_seq,
        expect_filter=subjects.asked_under(asked.verb, asked.op),
    )
    return isinstance(answer, Stored)


async def _newest(bus: Bus, origin: OfRequest) -> Newest | None:
    pattern = subjects.asked_under(origin.verb, origin.request.op)
    found = await direct.last_of(bus, INGRESS, pattern)
    if not found:
        return None
    replay_of = found[-1].headers.get(REPLAY_OF, "")
    return Newest(found[-1].seq, int(replay_of) if replay_of.isdecimal() else None)
