"""Opening what an expiring offer needs. Whose id follows from the name, the expiry and the try is opened once."""

from bus.client.connection import Bus
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.operations.slip import Todo
from schemas.base import utc_text
from schemas.ids import OpId, Owner, op_of
from schemas.names import Name
from schemas.records import NameRecord
from schemas.requests import Common, DnsWithdraw, UsernamePause, UsernameRotate
from services.offer_builder.refusals import REFUSALS
from services.offer_builder.upkeep.due import Renew, Withdraw

INTERRUPTED = "name-expiring"


async def renew(bus: Bus, name: Name, record: NameRecord, duty: Renew) -> OpId:
    """Have the name rotated on the node that it pays now."""
    op = _op(record.owner, "username.rotate", name, duty.expires_at, duty.attempt)
    await ledger.open_operation(
        bus,
        UsernameRotate(
            **_common(bus, record, op),
            username=name.user,
            domain=name.domain,
            node_id=record.node_id,
            expiring_at=duty.expires_at,
        ),
    )
    return op


async def withdraw(bus: Bus, name: Name, record: NameRecord, duty: Withdraw) -> OpId:
    """Have the name's record taken out: a seller keeps the name, an operator's record is gone."""
    flow = "dns.withdraw" if record.by_operator else "username.pause"
    op = _op(record.owner, flow, name, duty.expires_at, duty.attempt)
    if record.by_operator:
        gone = DnsWithdraw(**_common(bus, record, op), username=name.user, domain=name.domain)
        await ledger.open_operation(bus, gone)
        return op
    paused = UsernamePause(
        **_common(bus, record, op), username=name.user, domain=name.domain, expiring_at=duty.expires_at
    )
    await ledger.open_operation(bus, paused)
    return op


async def interrupt(bus: Bus, ref: OpRef) -> bool:
    """Fail the rotation `ref` if it has not replaced the record yet; whether that was done.

    Once it has, the offer that expires is in no zone any more: what remains of it is caches, for one TTL.
    """
    op = await ledger.read(bus, ref)
    while op is not None and isinstance(op.request, UsernameRotate) and not op.has("published"):
        where = slip.position(op)
        if not isinstance(where, Todo):
            return False
        failed = slip.failed(op, where.step, INTERRUPTED, REFUSALS[INTERRUPTED], clean=False)
        answer = await ledger.append(bus, op, slip.advance(op, failed))
        if isinstance(answer, ledger.Committed):
            return True
        op = answer.op
    return False


def _op(owner: Owner, flow: str, name: Name, expires_at: int, attempt: int) -> OpId:
    # No Idempotency-Key can hold a zero byte: nobody can take these ids beforehand.
    return op_of(owner, f"\x00{flow}/{name.text}/{expires_at}/{attempt}")


def _common(bus: Bus, record: NameRecord, op: OpId) -> Common:
    return Common(op=op, owner=record.owner, pubkey="", body_sha256="", asked_at=utc_text(bus.clock.now()))
