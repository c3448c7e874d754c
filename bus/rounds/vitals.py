"""Looking at the bus: one pass over streams, durables and open operations, into numbers (`schemas.vitals`).

Reads and changes nothing. A pass costs at most two requests a durable and one a stream; the caller decides how often.
"""

from datetime import datetime

import msgspec

from bus.buckets.kv import Bucket
from bus.client import direct
from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.dead_letters.letters import STREAM as DLQ
from bus.errors import BusRefused
from bus.operations.ledger import STREAM as LEDGER
from bus.requests.refusal import STREAM as REFUSED
from bus.rounds.sweeper import OpenOperations
from bus.tables.streams import CONSUMERS, ConsumerSpec
from bus.tables.subjects import dirty_sagas, late_settlements
from schemas.base import utc_text
from schemas.records import DriftRecord, Sweeps
from schemas.vitals import SWEEPS_BUCKET, SWEEPS_KEY, ConsumerVitals, Vitals

NO_MESSAGE = 10037
DAY_S = 86_400.0
MOST_LATE = 100
"""More late settlements than that are not counted: it is time to come long before."""


class _State(msgspec.Struct, frozen=True):
    messages: int
    subjects: dict[str, int] | None = None


class _Stream(msgspec.Struct, frozen=True):
    state: _State


class _Floor(msgspec.Struct, frozen=True):
    stream_seq: int


class _Consumer(msgspec.Struct, frozen=True):
    ack_floor: _Floor
    num_pending: int
    num_ack_pending: int
    num_redelivered: int


class _Stored(msgspec.Struct, frozen=True):
    time: datetime


class _Answer(msgspec.Struct, frozen=True):
    message: _Stored


async def collect(bus: Bus, known: OpenOperations, now: float) -> Vitals:
    """How the bus is at `now` (unix seconds); `known` is what LEDGER says is open. BusUnavailable if it is away."""
    dirty = (await _stream(bus, LEDGER, subjects_filter=dirty_sagas())).subjects
    return Vitals(
        at=now,
        dead_letters=(await _stream(bus, DLQ)).messages,
        refused=(await _stream(bus, REFUSED)).messages,
        unfinished=len(known.standing),
        oldest_unfinished_s=max((now - one.began for one in known.standing.values()), default=0.0),
        failed_dirty=len(dirty or ()),
        drifted=sum(1 for entry in (await _drift(bus).entries()).values() if entry.value.confirmed),
        settled_late=len(await direct.following(bus, LEDGER, late_settlements(), 0, MOST_LATE, utc_text(now - DAY_S))),
        swept_offers=await _swept(bus),
        consumers=tuple([await _consumer(bus, spec, now) for spec in CONSUMERS]),
    )


async def _swept(bus: Bus) -> int:
    entry = await Bucket(bus, SWEEPS_BUCKET, Sweeps).get(SWEEPS_KEY)
    return entry.value.swept if entry else 0


def _drift(bus: Bus) -> Bucket[DriftRecord]:
    return Bucket(bus, "drift", DriftRecord)


async def _stream(bus: Bus, name: str, **question: str) -> _State:
    return msgspec.convert(await js_request(bus, f"STREAM.INFO.{name}", question or None), _Stream).state


async def _consumer(bus: Bus, spec: ConsumerSpec, now: float) -> ConsumerVitals:
    found = msgspec.convert(await js_request(bus, f"CONSUMER.INFO.{spec.stream}.{spec.name}"), _Consumer)
    outstanding = found.num_pending or found.num_ack_pending
    return ConsumerVitals(
        stream=spec.stream,
        consumer=spec.name,
        pending=found.num_pending,
        unacknowledged=found.num_ack_pending,
        redelivered=found.num_redelivered,
        oldest_s=await _age(bus, spec, found.ack_floor.stream_seq, now) if outstanding else 0.0,
    )


async def _age(bus: Bus, spec: ConsumerSpec, floor: int, now: float) -> float:
    question: dict[str, object] = {"seq": floor + 1, "next_by_subj": spec.filter or ">"}
    try:
        answer = await js_request(bus, f"STREAM.MSG.GET.{spec.stream}", question)
    except BusRefused as refusal:
        if refusal.code == NO_MESSAGE:
            return 0.0  # acknowledged meanwhile, or replaced by a newer one
        raise
    return max(0.0, now - msgspec.convert(answer, _Answer).message.time.timestamp())
