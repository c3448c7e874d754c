"""Durable alarms: the server keeps `timer.<worker>.<op>` and at its instant writes `tick.<worker>.<op>` (stream
TIMERS).

Guarantees: an alarm that was set survives the death of everybody, the server included, and rings late rather than
never; a new alarm of the same worker and operation replaces the old one; an instant in the past rings at once. A
tick says nothing but "read the facts and decide", so one too many is harmless.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from bus.client.connection import Bus
from bus.client.publish import publish
from bus.errors import Undecodable
from bus.operations.facts import OpRef
from bus.tables import subjects
from schemas.base import UNREADABLE, Wire, encode
from schemas.flows import WorkerName
from schemas.ids import OpId, Owner


class Tick(Wire, frozen=True, kw_only=True):
    """Body of an alarm: which operation to look at."""

    owner: Owner
    op: OpId


def ref_of(subject: str, data: bytes) -> OpRef:
    """The operation that the alarm in `data`, which rang on `subject`, is about; Undecodable if it says of none."""
    try:
        body = msgspec.json.decode(data, type=Tick)
    except UNREADABLE as error:
        raise Undecodable(f"no alarm: {type(error).__name__}") from None
    if subjects.operation_of(subject) != body.op:
        raise Undecodable("the alarm's subject names another operation")
    return OpRef(body.owner, body.op)


async def set_alarm(bus: Bus, worker: WorkerName, ref: OpRef, at: float) -> None:
    """Have `worker` look at `ref` at `at` (unix seconds); BusUnavailable if it is not known to be stored.

    Without a message id on purpose: the same instant may have to be set again after another one replaced it.
    """
    body = Tick(owner=ref.owner, op=ref.op)
    await schedule(bus, subjects.timer(worker, ref.op), subjects.tick(worker, ref.op), body, at)


async def schedule(bus: Bus, timer: str, target: str, body: Wire, at: float) -> None:
    """Have the server write `body` to `target` at `at` (unix seconds); replaces what `timer` was set to."""
    headers = {"Nats-Schedule": f"@at {_instant(at)}", "Nats-Schedule-Target": target}
    await publish(bus, timer, encode(body), headers=headers)


async def tick(bus: Bus, worker: str, ref: OpRef) -> None:
    """Have `worker` look at `ref` now."""
    await publish(bus, subjects.tick(worker, ref.op), encode(Tick(owner=ref.owner, op=ref.op)))


def _instant(at: float) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
