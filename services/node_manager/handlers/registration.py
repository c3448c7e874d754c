"""What a `node.register` operation is about."""

from bus.operations.facts import Operation
from schemas.requests import NodeRegister


def registration_of(op: Operation) -> NodeRegister:
    """The request of `op`; TypeError if it is another kind of operation."""
    request = op.request
    if not isinstance(request, NodeRegister):
        raise TypeError(f"operation {op.ref.op} does not register a node")
    return request
