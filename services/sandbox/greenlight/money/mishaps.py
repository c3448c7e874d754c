"""Where money faults strike a payment: before it leaves, on its way, and once it has left."""

import time
from typing import TYPE_CHECKING, NamedTuple

from services.sandbox.greenlight.errors import AnswerLost, ClnError, Code, NodeStopped
from services.sandbox.greenlight.money.faults import Kind, MoneyFault
from services.sandbox.greenlight.money.rows import PartRow

if TYPE_CHECKING:
    from services.sandbox.greenlight.inside import Inside


def before(node: "Inside", payment_hash: bytes) -> int:
    """What the route costs more than it should, in msat. Raises ClnError if there is none or it is too late."""
    if _struck(node, Kind.EXPIRED, payment_hash):
        raise ClnError(Code.PAY_EXPIRED, "Invoice expired")
    if _struck(node, Kind.NO_ROUTE, payment_hash):
        raise ClnError(Code.PAY_ROUTE_NOT_FOUND, "Could not find a route")
    dear = _struck(node, Kind.FEE_TOO_HIGH, payment_hash)
    return dear.fee_msat if dear else 0


class Delay(NamedTuple):
    """A payment arrives at `due` (unix seconds) at the earliest; `fails` with that code then, if it is not None.

    `told` an error meanwhile: the caller gets one though the payment goes on.
    """

    due: float = 0.0
    fails: int | None = None
    told: bool = False


def on_the_way(node: "Inside", payment_hash: bytes) -> Delay:
    """How the payment is held up, if it is."""
    if fault := _struck(node, Kind.LATE, payment_hash):
        return Delay(time.time() + fault.for_s)
    if fault := _struck(node, Kind.LATE_FAILURE, payment_hash):
        return Delay(time.time() + fault.for_s, Code.PAY_DESTINATION_FAILED)
    if fault := _struck(node, Kind.ERROR_IN_FLIGHT, payment_hash):
        return Delay(time.time() + fault.for_s, told=True)
    return Delay()


def left(node: "Inside", part: PartRow, delay: Delay) -> None:
    """The payment has left its node and is carried from here on.

    Raises NodeStopped or AnswerLost if its caller is not to learn what becomes of it, ClnError if it is told too early.
    """
    killed = _struck(node, Kind.NODE_KILLED, part.payment_hash)
    detached = _struck(node, Kind.SIGNER_DETACHED, part.payment_hash)
    if killed:
        node.crash()
    elif detached:
        node.lose_signers(detached.for_s)
    if spare := _struck(node, Kind.SPARE_PART, part.payment_hash):
        node.around.till.spares[node.node_id, part.payment_hash] = time.time() + spare.for_s
    node.around.till.network.carry(part)
    if killed:
        raise NodeStopped
    if _struck(node, Kind.ANSWER_LOST, part.payment_hash):
        raise AnswerLost
    if delay.told:
        raise ClnError(Code.PAY_UNSPECIFIED, "Timed out after preparing the payment, which is still in progress")


def _struck(node: "Inside", kind: Kind, payment_hash: bytes) -> MoneyFault | None:
    return node.around.till.faults.take(kind, node.node_id, payment_hash)
