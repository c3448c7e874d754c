"""The ledger: an operation's facts, read whole and appended one at a time.

Guarantees: a fact is stored once or not at all; nothing is stored by a writer that has not seen every earlier fact
of the operation (compare-and-set over `saga.<owner>.<op>.>`); a caller is told `Committed` only if its very fact,
with its very body, is what stands. A lost answer is resolved by reading, never by guessing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from bus.buckets.kv import NO_MESSAGE
from bus.client import direct
from bus.client.connection import Bus
from bus.client.js_api import js_request_patiently
from bus.client.publish import Conflict, Stored, publish
from bus.errors import BusRefused, BusUnavailable, Undecodable
from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.slip import Commit
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.facts import AnyFact, Requested, fact_name
from schemas.flows import FLOWS
from schemas.ids import OpId, is_token
from schemas.requests import FLOW_OF, FlowRequest

STREAM = "LEDGER"
FLOW_HEADER = "X-Flow"
PATIENCE_S = 12.0
"""How long a write is tried before its outcome is called unknown: an election takes up to nine seconds."""

FOLLOWER_LAG_S = 5.0
"""How long a read may lag behind a write that we know of before we call the bus unavailable."""


class _Message(msgspec.Struct, frozen=True):
    seq: int


class _Found(msgspec.Struct, frozen=True):
    message: _Message


@dataclass(frozen=True, slots=True)
class Committed:
    """The fact stands; `op` is the operation with it."""

    op: Operation


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing was written: somebody wrote first. `op` is the operation as it is now."""

    op: Operation


async def read(bus: Bus, ref: OpRef) -> Operation | None:
    """The operation `ref`, or None if LEDGER holds none of its facts.

    BusUnavailable when nobody answers, Undecodable if one of its facts is none.
    """
    if not _can_be(ref):
        return None
    return _operation(await direct.last_of(bus, STREAM, subjects.saga_of(ref.owner, ref.op)))


async def find(bus: Bus, op: OpId) -> Operation | None:
    """The operation `op` whoever owns it, or None."""
    if not is_token(op):
        return None
    return _operation(await direct.last_of(bus, STREAM, subjects.saga("*", op, "*", "*")))  # type: ignore[arg-type]  # wildcard


async def read_at_least(bus: Bus, ref: OpRef, seq: int) -> Operation | None:
    """`read`, but never older than LEDGER sequence `seq`, which the caller knows to be stored for this operation."""
    if not _can_be(ref):
        return None  # and never will: no follower lags behind
    loop = asyncio.get_running_loop()
    give_up_at, pause = loop.time() + FOLLOWER_LAG_S, 0.01
    while True:
        op = await read(bus, ref)
        if seq == 0 or (op is not None and op.last_seq >= seq):
            return op
        if loop.time() > give_up_at:
            raise BusUnavailable(f"operation {ref.op} cannot be read up to {seq}")
        await asyncio.sleep(pause)
        pause = min(pause * 2, 0.2)


async def first_seq(bus: Bus) -> int:
    """The sequence of the oldest fact that is kept, by the leader; 0 if none is. BusUnavailable when nobody answers."""
    return await _seq_of(bus, {"seq": 1, "next_by_subj": subjects.EVERYTHING})


async def last_seq(bus: Bus) -> int:
    """The sequence of the newest fact, likewise."""
    return await _seq_of(bus, {"last_by_subj": subjects.EVERYTHING})


async def _seq_of(bus: Bus, question: dict[str, object]) -> int:
    try:
        answer = await js_request_patiently(bus, f"STREAM.MSG.GET.{STREAM}", question)
    except BusRefused as refusal:
        if refusal.code == NO_MESSAGE:
            return 0
        raise
    return msgspec.convert(answer, _Found).message.seq


def _can_be(ref: OpRef) -> bool:
    return is_token(ref.owner) and is_token(ref.op)  # a wildcard is nobody's id


async def open_operation(bus: Bus, request: FlowRequest) -> Operation:
    """The operation that `request` starts: opened now, or as it stands if it was opened before (whatever its body)."""
    ref = OpRef(request.owner, request.op)
    flow = FLOWS[FLOW_OF[type(request)]]
    fact = Requested(flow=flow.name, flow_version=flow.version, request=request)
    answer = await _write(bus, ref, Commit(fact, flow.first_worker), flow.name, 0)
    match answer:
        case Stored(seq=seq, duplicate=False):
            return Operation(ref, (_stored_now(bus, Commit(fact, flow.first_worker), seq),))
        case Stored(seq=seq):
            existing = await read_at_least(bus, ref, seq)
        case Conflict(last_seq=last_seq):
            existing = await read_at_least(bus, ref, last_seq or 1)
    if existing is None:
        raise BusUnavailable(f"operation {ref.op} exists but cannot be read")
    return existing


async def append(bus: Bus, op: Operation, commit: Commit) -> Committed | Stale:
    """Append `commit` to `op` if `op` is still all there is; BusUnavailable if the outcome cannot be learned."""
    answer = await _write(bus, op.ref, commit, op.flow.name, op.last_seq)
    match answer:
        case Stored(seq=seq, duplicate=False):
            before = (fact for fact in op.facts if fact.name != commit.name)  # a note that this one supersedes
            return Committed(replace(op, facts=(*before, _stored_now(bus, commit, seq))))
        case Stored(seq=seq):
            # A duplicate may be our own earlier try, or another replica's fact of the same name: only the body tells.
            return await _what_stands(bus, op, commit, seq)
        case Conflict():
            return await _what_stands(bus, op, commit, op.last_seq + 1)


async def _write(bus: Bus, ref: OpRef, commit: Commit, flow: str, expected: int) -> Stored | Conflict:
    return await publish(
        bus,
        subjects.saga(ref.owner, ref.op, commit.name, commit.next),
        encode(commit.fact),
        msg_id=f"{ref.op}:{commit.name}:{expected}",
        headers={FLOW_HEADER: flow},
        expect_last=expected,
        expect_filter=subjects.saga_of(ref.owner, ref.op),
        patience_s=PATIENCE_S,
    )


async def _what_stands(bus: Bus, op: Operation, commit: Commit, seq: int) -> Committed | Stale:
    current = await read_at_least(bus, op.ref, seq)
    if current is None:
        raise BusUnavailable(f"operation {op.ref.op} cannot be read")
    ours = any(
        fact.seq > op.last_seq and fact.name == commit.name and fact.next == commit.next and fact.body == commit.fact
        for fact in current.facts
    )
    return Committed(current) if ours else Stale(current)


def _stored_now(bus: Bus, commit: Commit, seq: int) -> StoredFact:
    return StoredFact(commit.name, commit.next, commit.fact, seq, bus.clock.now())


def _operation(messages: Sequence[direct.Stored]) -> Operation | None:
    if not messages:
        return None
    facts = tuple(fact_of(message) for message in messages)
    first = subjects.parse_saga(messages[0].subject)
    return Operation(OpRef(first.owner, first.op), facts)


def fact_of(message: direct.Stored) -> StoredFact:
    """A stored LEDGER message as a fact; Undecodable if it is none."""
    try:
        subject = subjects.parse_saga(message.subject)
        body = msgspec.json.decode(message.data, type=AnyFact)
    except (ValueError, *UNREADABLE) as error:
        raise Undecodable(f"no fact at {message.seq}: {type(error).__name__}") from None
    if fact_name(body) != subject.fact:
        raise Undecodable(f"operation {subject.op}: the fact {subject.fact} holds another body")
    return StoredFact(subject.fact, subject.next, body, message.seq, message.at)
