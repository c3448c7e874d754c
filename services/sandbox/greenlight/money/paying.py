"""`Pay` and `Xpay`: pay an invoice once. Who asks again for a hash that is paid, or on its way, moves no money.

Nothing is remembered of a payment that found no way; one that left has a row before anybody is told. What the two verbs
answer to the same thing differs, as it does in Core Lightning.
"""

import time
from dataclasses import dataclass

import msgspec

from proto import node_pb2, primitives_pb2
from schemas.greenlight.signing import Ask, to_approve
from services.sandbox.greenlight.errors import ClnError, Code, NodeStopped
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money.bill import Bill, read_bill
from services.sandbox.greenlight.money.mishaps import before, left, on_the_way
from services.sandbox.greenlight.money.rows import InFlight, Paid, PartRow, Sent, Short, Status, Wish

_CHEAP_MSAT = 5_000
_PAY_PERCENT, _XPAY_PERCENT = 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller wants paid. `already`, `short`: codes of the verb; None: the first payment's answer again."""

    text: str
    msat: int | None
    max_fee_msat: int | None
    percent: float
    cheap_msat: int
    label: str | None
    already: Code | None
    short: Code

    def budget_msat(self, msat: int) -> int:
        """The most that may be paid for getting `msat` there."""
        if self.max_fee_msat is not None:
            return self.max_fee_msat
        return max(self.cheap_msat, int(msat * self.percent / 100))


async def pay(node: Inside, request: node_pb2.PayRequest) -> node_pb2.PayResponse:
    """`Pay`: waits for the end, however long that takes; a hash that is paid gives the same answer again."""
    part = await _paid(
        node,
        Order(
            text=request.bolt11,
            msat=request.amount_msat.msat if request.HasField("amount_msat") else None,
            max_fee_msat=request.maxfee.msat if request.HasField("maxfee") else None,
            percent=request.maxfeepercent if request.HasField("maxfeepercent") else _PAY_PERCENT,
            cheap_msat=request.exemptfee.msat if request.HasField("exemptfee") else _CHEAP_MSAT,
            label=request.label if request.HasField("label") else None,
            already=None,
            short=Code.PAY_SHORT,
        ),
    )
    return node_pb2.PayResponse(
        payment_preimage=part.preimage,
        destination=part.destination,
        payment_hash=part.payment_hash,
        created_at=part.created_at,
        parts=1,
        amount_msat=primitives_pb2.Amount(msat=part.msat),
        amount_sent_msat=primitives_pb2.Amount(msat=part.sent_msat),
        status=node_pb2.PayResponse.COMPLETE,
    )


async def xpay(node: Inside, request: node_pb2.XpayRequest) -> node_pb2.XpayResponse:
    """`Xpay`: as `Pay`; a hash that is paid is error 219."""
    part = await _paid(
        node,
        Order(
            text=request.invstring,
            msat=request.amount_msat.msat if request.HasField("amount_msat") else None,
            max_fee_msat=request.maxfee.msat if request.HasField("maxfee") else None,
            percent=_XPAY_PERCENT,
            cheap_msat=_CHEAP_MSAT,
            label=request.label if request.HasField("label") else None,
            already=Code.PAY_ALREADY_PAID,
            short=Code.PAY_ROUTE_NOT_FOUND,
        ),
    )
    return node_pb2.XpayResponse(
        payment_preimage=part.preimage,
        failed_parts=0,
        successful_parts=1,
        amount_msat=primitives_pb2.Amount(msat=part.msat),
        amount_sent_msat=primitives_pb2.Amount(msat=part.sent_msat),
    )


async def _paid(node: Inside, order: Order) -> PartRow:
    till = node.around.till
    bill = read_bill(order.text, till.network, node.around.network, till.rate.relay)
    msat = _amount(bill, order)
    if await node.hsm.sign(to_approve(order.text)) != Ask.PREAPPROVE_INVOICE.reply + b"\x01":
        raise ClnError(Code.PAY_DECLINED, "invoice was declined")
    for known in till.ledger.parts(node.node_id, bill.payment_hash):
        if known.status is not Status.FAILED:
            return _again(known, msat, order)
    wish = _wish(node, bill, order, msat)
    delay = on_the_way(node, bill.payment_hash)
    sent = till.ledger.send(msgspec.structs.replace(wish, due=delay.due, fails=delay.fails))
    match sent:
        case Sent(part):
            left(node, part, delay)
            return _arrived(await till.network.arrived(part))
        case Paid(part) | InFlight(part):
            return _again(part, msat, order)
        case Short(spendable):
            text = f"Insufficient funds: {wish.sent_msat}msat needed, {spendable}msat spendable"
            raise ClnError(order.short, text)


def _amount(bill: Bill, order: Order) -> int:
    if bill.msat is None:
        if not order.msat:
            raise ClnError(Code.INVALID_PARAMS, "amount_msat parameter required")
        return order.msat
    if order.msat not in (None, bill.msat):
        raise ClnError(Code.INVALID_PARAMS, "amount_msat parameter unnecessary")
    return bill.msat


def _wish(node: Inside, bill: Bill, order: Order, msat: int) -> Wish:
    """What is to leave the node. Raises ClnError if the invoice is too old or no way is good enough."""
    if bill.expires_at < time.time():
        raise ClnError(Code.PAY_EXPIRED, "Invoice expired")
    more = before(node, bill.payment_hash)
    if bill.payee is None:
        raise ClnError(Code.PAY_ROUTE_NOT_FOUND, "Could not find a route")
    fee = bill.fee_msat(msat) + more
    if fee > order.budget_msat(msat):
        text = f"Could not find route without excessive cost: {fee}msat, at most {order.budget_msat(msat)}msat"
        raise ClnError(Code.PAY_TOO_EXPENSIVE, text)
    return Wish(
        node=node.node_id,
        payee=bill.payee,
        payment_hash=bill.payment_hash,
        text=bill.text,
        msat=msat,
        sent_msat=msat + fee,
        label=order.label,
        description=bill.description,
        destination=bill.destination,
    )


def _again(part: PartRow, msat: int, order: Order) -> PartRow:
    """The answer to who asks for a hash that is paid or on its way."""
    if part.status is Status.PENDING:
        raise ClnError(Code.PAY_IN_PROGRESS, "Payment is still in progress")
    if order.already is not None:
        raise ClnError(order.already, "Already paid this invoice")
    if part.msat != msat:
        raise ClnError(Code.PAY_DIFFERENT, f"Already paid this hash with amount {part.msat}msat")
    return part


def _arrived(part: PartRow) -> PartRow:
    """The part if it has arrived. Raises NodeStopped if nobody carries it any more, ClnError if it came back."""
    match part.status:
        case Status.COMPLETE:
            return part
        case Status.PENDING:
            raise NodeStopped
        case Status.FAILED:
            raise ClnError(Code(part.code or Code.PAY_UNSPECIFIED), part.reason or "payment failed")
