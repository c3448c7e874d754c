"""What an operation on a node that is registered is about."""

from bus.operations.facts import Operation
from schemas.requests import NodeDelete, NodeLag, NodeRestart, NodeStart, NodeStop, NodeTurn

AboutNode = NodeStart | NodeStop | NodeRestart | NodeDelete | NodeTurn | NodeLag


def node_of(op: Operation) -> str:
    """The node (66 hex) that `op` is about; TypeError if it is another kind of operation."""
    request = op.request
    if not isinstance(request, AboutNode):
        raise TypeError(f"operation {op.ref.op} is about no registered node")
    return request.node_id
