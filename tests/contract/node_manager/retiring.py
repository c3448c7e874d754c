"""Operations that change a live name, brought to node-manager's steps by stating the facts before them."""

from collections.abc import Sequence

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from schemas.facts import Absent, AnyFact, Cancelled, Composed, Gone, Removed, Restored
from schemas.flows import WorkerName
from schemas.ids import OpId
from schemas.records import NameRecord
from schemas.requests import FlowRequest, UsernameRelease, UsernameRotate

from .asking import Person
from .place import Place


async def releasing(place: Place, person: Person, key: str, node_id: str, made_by: OpId) -> OpRef:
    """A `username.release` of `alice@shop.test`, which pays what operation `made_by` made on `node_id`; it is gone."""
    await made_live(place, person, node_id, made_by)
    request = UsernameRelease(
        **person.common(key),
        username="alice",
        domain="shop.test",
    )
    op = await place.reaches((await _opened(place, request)).ref, "changing")
    said: tuple[tuple[WorkerName, AnyFact], ...] = (
        ("dns-publisher", Removed(owner_name="o", zone="z", ttl_s=300)),
        (
            "dnssec-verifier",
            Absent(probes=(), verdict="secure", valid_from=1, valid_until=2, at=0.0, settles_at=0.0, zones=()),
        ),
        ("dnssec-verifier", Gone(verdict="secure", authoritative=())),
    )
    return await _say(place, op, said)


async def rotating(place: Place, person: Person, key: str, node_id: str) -> OpRef:
    """A `username.rotate` of the live name `alice@shop.test`."""
    request = UsernameRotate(
        **person.common(key),
        username="alice",
        domain="shop.test",
        node_id=node_id,
    )
    return (await _opened(place, request)).ref


async def made_live(place: Place, person: Person, node_id: str, made_by: OpId) -> None:
    """The record of `alice@shop.test` as it is once operation `made_by` has ended."""
    bus = await connect(place.settings, "offer-builder")
    record = NameRecord(
        name="alice@shop.test", owner=person.owner, op=made_by, state="active", node_id=node_id, uri="bitcoin:?lno=x"
    )
    try:
        await Bucket(bus, "names", NameRecord).put("alice=shop.test", record)
    finally:
        await bus.close()


async def put_back(place: Place, op: Operation) -> OpRef:
    """`op`, which waits for its record, is taken back after the world may have seen that."""
    composed = op.body("composed")
    assert isinstance(composed, Composed)
    said: tuple[tuple[WorkerName, AnyFact], ...] = (
        ("offer-builder", Cancelled(undo_from="publish")),
        ("dns-publisher", Restored(owner_name=composed.owner_name, ttl_s=composed.ttl_s)),
    )
    return await _say(place, op, said)


async def _opened(place: Place, request: FlowRequest) -> Operation:
    bus = await connect(place.settings, "offer-builder")
    try:
        return await ledger.open_operation(bus, request)
    finally:
        await bus.close()


async def _say(place: Place, op: Operation, said: Sequence[tuple[WorkerName, AnyFact]]) -> OpRef:
    buses = {identity: await connect(place.settings, identity) for identity in dict(said)}
    try:
        for identity, fact in said:
            answer = await ledger.append(buses[identity], op, slip.advance(op, fact))
            assert isinstance(answer, ledger.Committed)
            op = answer.op
    finally:
        for bus in buses.values():
            await bus.close()
    return op.ref
