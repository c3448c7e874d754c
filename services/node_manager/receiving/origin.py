"""What a payment was for, by the labels that we gave what is paid; without one, its owner made it without us."""

from dataclasses import dataclass

from proto import node_pb2
from services.node_manager.greenlight.errors import CallProblem
from services.node_manager.greenlight.node import Node
from services.node_manager.offers.offering import Label, read_label
from services.node_manager.receiving.receipt import Receipt, Source, source_of


@dataclass(frozen=True, slots=True)
class Origin:
    """The label of the invoice (BOLT 11) or of the offer that was paid, if it is one of ours; the payer's words."""

    invoice: Label | None
    offer: Label | None
    payer_note: str | None


async def origin_of(node: Node, paid: Receipt) -> Origin | CallProblem:
    """What the node says of it now; reads only, which need no signer."""
    listed = await node.list_invoices(node_pb2.ListinvoicesRequest(payment_hash=paid.payment_hash))
    if not isinstance(listed, node_pb2.ListinvoicesResponse):
        return listed
    source = source_of(listed, paid.payment_hash)
    if source.offer_id is None:
        return Origin(read_label(paid.label), None, source.payer_note)
    offers = await node.find_offer(source.offer_id)
    if not isinstance(offers, node_pb2.ListoffersResponse):
        return offers
    return Origin(None, _label(offers, source), source.payer_note)


def _label(offers: node_pb2.ListoffersResponse, source: Source) -> Label | None:
    return next((read_label(row.label) for row in offers.offers if row.offer_id == source.offer_id), None)
