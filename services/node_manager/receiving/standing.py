"""Whether a node's count of paid invoices is still the one that we followed.

Who restores their own node from a backup sets its count back: waited for at the old index, its next payments would be
found by nobody. Then all that was paid lately is found again, which opens nothing twice.
"""

from dataclasses import dataclass
from functools import partial

from proto import node_pb2
from schemas.records import Receipts
from services.node_manager.greenlight.errors import CallProblem, Refused
from services.node_manager.greenlight.node import Node
from services.node_manager.receiving.receipt import CLN_NONE_IN_TIME, Nonsense, read
from services.node_manager.receiving.search import NoMore, Seen, last_before

COUNT_DOES_NOT_RISE = "COUNT_DOES_NOT_RISE"
"""What is said of a node whose count makes no sense, in the place of a gRPC status."""

LEEWAY_S = 600.0
"""How far a node's clock may be behind ours: what it was paid so long before it came to us is told as well."""

AGAIN_S = 20 * 86_400.0
"""How far back payments are found again: their operations are in LEDGER for longer than that."""


@dataclass(frozen=True, slots=True)
class InStep:
    """The node stands where we do, or further on."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Go on after pay index `index`: nobody has looked yet, or the node was set back."""

    index: int


async def settled_index(node: Node, known: Receipts, now: float) -> InStep | Behind | CallProblem:
    """How the node's count and `known` fit, at `now` (unix seconds)."""
    probe = partial(_probe, node)
    since = known.since - LEEWAY_S
    if known.index is not None:
        fits = await _fits(node, known.index, known.last_hash)
        if not isinstance(fits, Behind):
            return fits
        since = max(since, now - AGAIN_S)
    index = await last_before(since, probe)
    return Behind(index) if isinstance(index, int) else index


async def _fits(node: Node, index: int, last_hash: str) -> InStep | Behind | CallProblem:
    """Whether the payment at `index` is the one we know, or was deleted and another came after it.

    If nothing is there or later, it was deleted or never was: finding again does no harm.
    """
    if index == 0:
        return InStep()
    answer = await node.wait_any_invoice(index - 1, 0)
    if isinstance(answer, Refused) and answer.cln_code == CLN_NONE_IN_TIME:
        return Behind(0)
    if not isinstance(answer, node_pb2.WaitanyinvoiceResponse):
        return answer
    is_known = answer.pay_index > index or not last_hash or answer.payment_hash.hex() == last_hash
    return InStep() if is_known else Behind(0)


async def _probe(node: Node, after: int) -> Seen | NoMore | CallProblem:
    answer = await node.wait_any_invoice(after, 0)
    if isinstance(answer, Refused) and answer.cln_code == CLN_NONE_IN_TIME:
        return NoMore()
    if not isinstance(answer, node_pb2.WaitanyinvoiceResponse):
        return answer
    if isinstance(read(answer, after), Nonsense):
        return Refused(COUNT_DOES_NOT_RISE)
    return Seen(answer.pay_index, answer.paid_at)
