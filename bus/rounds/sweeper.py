"""The sweeper: nobody waits for ever. It ticks whoever an operation that stands still is waiting for.

Guarantees: every open operation of the last 21 days is looked at after it stood still for `sweep_after_s`, again
with doubling pauses, and once its step's time is up. One process sweeps at a time (lease `sweeper`); two would do
no harm, since a tick only makes a worker read the facts. It follows LEDGER by batch reads from the last sequence
seen: nothing to miss, nothing to keep on the server.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace

import structlog

from bus.backoff import sweep_after
from bus.buckets.leases import Held, held
from bus.client import direct
from bus.client.connection import Bus
from bus.errors import BusUnavailable
from bus.operations import ledger, timers
from bus.operations.facts import OpRef
from bus.rounds.patrol import pause
from bus.tables import subjects
from schemas.base import utc_text
from schemas.flows import FLOWS, NOBODY, REQUESTED, Flow
from schemas.ids import OpId

log = structlog.stdlib.get_logger("bus")

LEASE = "sweeper"
LEASE_S = 30.0
HORIZON_S = 21 * 86_400.0
"""No operation may stay open longer (DESIGN §3)."""
BATCH = 500
DEADLINE_MARGIN_S = 1.0
"""Added to a step's deadline, so that the worker's clock agrees that it has passed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An open operation: who has to act, since when it stands still, when its step is overdue, how often we looked.

    `began` is when it was asked for, or the oldest we know of it. All times are unix seconds.
    """

    ref: OpRef
    next: str
    seq: int
    since: float
    overdue_at: float | None
    began: float
    looks: int = 0

    def due_at(self, first_s: float) -> float:
        """When to look next (unix seconds): after the backoff, or when the step becomes overdue if that is sooner."""
        regular = self.since + sum(sweep_after(first_s, look) for look in range(self.looks + 1))
        last_look = regular - sweep_after(first_s, self.looks)
        if self.overdue_at is not None and last_look < self.overdue_at < regular:
            return self.overdue_at
        return regular


@dataclass(slots=True)
class OpenOperations:
    """What LEDGER says is open, as far as it was read."""

    seq: int = 0
    standing: dict[OpId, Standing] = field(default_factory=dict)

    def apply(self, message: direct.Stored) -> None:
        """Take in one fact; sequences only rise."""
        self.seq = max(self.seq, message.seq)
        subject = subjects.parse_saga(message.subject)
        flow = next((flow for flow in FLOWS.values() if flow.name == message.headers.get(ledger.FLOW_HEADER)), None)
        if flow is None or subject.fact in flow.notes:
            return
        if subject.next == NOBODY:
            self.standing.pop(subject.op, None)
            return
        before = self.standing.get(subject.op)
        self.standing[subject.op] = Standing(
            OpRef(subject.owner, subject.op),
            subject.next,
            message.seq,
            message.at,
            _overdue_at(flow, subject.fact, message.at),
            before.began if before else message.at,
        )

    def due(self, now: float, first_s: float) -> Iterator[Standing]:
        """Operations to look at now; each counts as looked at. What is past the horizon is let go."""
        for op, standing in list(self.standing.items()):
            if now - standing.since > HORIZON_S:
                log.error("sweep.too-old", op=op, owner=standing.ref.owner, next=standing.next)
                del self.standing[op]
            elif now >= standing.due_at(first_s):
                self.standing[op] = replace(standing, looks=standing.looks + 1)
                yield standing


Watch = Callable[[OpenOperations], Awaitable[None]]


async def run_sweeper(bus: Bus, stopping: asyncio.Event, watch: Watch | None = None) -> None:
    """Sweep until `stopping`, whenever this process holds the lease; `watch` is shown every round what is open."""
    while not stopping.is_set():
        try:
            async with held(bus, LEASE, LEASE_S) as ours:
                await _sweep(bus, stopping, ours, watch)
        except BusUnavailable:
            log.warning("sweep.bus-away")
        await pause(stopping, LEASE_S / 3)


async def _sweep(bus: Bus, stopping: asyncio.Event, ours: Held, watch: Watch | None) -> None:
    first_s = bus.settings.sweep_after_s
    known = OpenOperations()
    while ours and not stopping.is_set():
        await _catch_up(bus, known)
        for standing in known.due(bus.clock.now(), first_s):
            log.info("sweep.tick", op=standing.ref.op, next=standing.next, looks=standing.looks)
            await timers.tick(bus, standing.next, standing.ref)
        if watch is not None:
            await watch(known)
        await pause(stopping, min(5.0, first_s / 2))


async def _catch_up(bus: Bus, known: OpenOperations) -> None:
    since = utc_text(bus.clock.now() - HORIZON_S)
    while True:
        messages = await direct.following(bus, ledger.STREAM, "saga.>", known.seq, BATCH, since)
        for message in messages:
            known.apply(message)
        if len(messages) < BATCH:
            return


def _overdue_at(flow: Flow, fact: str, at: float) -> float | None:
    """When the step after `fact` is overdue; None past the pivot and for what is being undone."""
    if fact == REQUESTED:
        step = flow.steps[0]
    else:
        index = next((i for i, step in enumerate(flow.steps) if step.done == fact), None)
        if index is None or index >= flow.pivot_index:
            return None
        step = flow.steps[index + 1]
    return at + step.timeout_s + DEADLINE_MARGIN_S
