"""What a `username.register` asks for, and the name it means."""

from bus.operation import Operation
from schemas.names import Name, NameProblem, parse_name
from schemas.requests import UsernameRegister


def asked_of(op: Operation) -> UsernameRegister:
    """The request of `op`; TypeError if it is another kind of operation."""
    request = op.request
    if not isinstance(request, UsernameRegister):
        raise TypeError(f"operation {op.ref.op} does not register a username")
    return request


def name_of(op: Operation) -> Name:
    """The name that `op` is about, whose shape was checked by `reserve`; ValueError for text that never was a name."""
    name = asked_name(op)
    if isinstance(name, NameProblem):
        raise ValueError(f"operation {op.ref.op} names nothing: {name.detail}")
    return name


def asked_name(op: Operation) -> Name | NameProblem:
    """The name that `op` asks for, by the rules of resolving only."""
    request = asked_of(op)
    return parse_name(f"{request.username}@{request.domain}")
