"""How new a view must be to show what an operation brought about: the `X-Revision` of its answer."""

from typing import TypeVar

from bus.buckets.mirror import Mirror
from schemas.ids import OpId, Owner
from schemas.names import NameProblem, name_key, parse_name
from schemas.records import NameRecord, NodeView, OfferRecord
from schemas.revisions import UNPROVEN, Revision
from services.edge.context import Edge
from services.edge.views.operations import OperationView

Record = TypeVar("Record", NameRecord, NodeView, OfferRecord)


def revision_of_outcome(edge: Edge, owner: Owner, operation: OperationView) -> Revision | None:
    """The revision that `operation` of `owner` wrote, once it succeeded; None if there is none to demand."""
    match operation.flow, operation.result:
        case "username.register", {"name": str(text), "revision": int(seq)}:
            name = parse_name(text)
            return None if isinstance(name, NameProblem) else _wrote(edge.names, name_key(name), seq, operation.id)
        case "node.register", {"nodeId": str(node_id), "revision": int(seq)}:
            return _wrote(edge.nodes, f"{owner}.{node_id}", seq, operation.id)
        case "offer.create" | "offer.change" | "offer.disable" | "offer.enable", {
            "offerId": str(offer_id),
            "revision": int(seq),
        }:
            return _wrote(edge.offers, f"{owner}.{offer_id}", seq, operation.id)
    return None


def _wrote(mirror: Mirror[Record], key: str, seq: int, op: OpId) -> Revision:
    """The epoch is proven if our mirror shows that very write (`services.edge.looking.fresh`)."""
    held = mirror.get(key)
    same = held is not None and held.revision == seq and _writer(held.value) == op
    return Revision(mirror.bucket.name, mirror.epoch if same else UNPROVEN, seq)


def _writer(record: Record) -> OpId | None:
    """The operation that wrote `record`, as far as it says so."""
    if isinstance(record, OfferRecord):
        return record.current.op if record.current else record.id
    return record.op
