"""What an operation on a name asks for, and the name it means."""

from bus.operations.facts import Operation
from schemas.names import Name, NameProblem, parse_name
from schemas.requests import (
    DnsPublish,
    DnsWithdraw,
    UsernameHealth,
    UsernamePause,
    UsernameRegister,
    UsernameRelease,
    UsernameRotate,
)

Named = UsernameRegister | UsernameRotate | UsernameRelease | UsernamePause | UsernameHealth | DnsPublish | DnsWithdraw
"""Every request that is about one name."""


def asked_of(op: Operation) -> Named:
    """The request of `op`; TypeError if it is not about a name."""
    request = op.request
    if not isinstance(request, Named):
        raise TypeError(f"operation {op.ref.op} is not about a username")
    return request


def node_of(op: Operation) -> str:
    """The node that `op` wants the name to pay; TypeError if it wants none."""
    request = op.request
    if not isinstance(request, UsernameRegister | UsernameRotate):
        raise TypeError(f"operation {op.ref.op} asks for no node")
    return request.node_id


def name_of(op: Operation) -> Name:
    """The name that `op` is about, whose shape its first step checked; ValueError for text that never was a name."""
    name = asked_name(op)
    if isinstance(name, NameProblem):
        raise ValueError(f"operation {op.ref.op} names nothing: {name.detail}")
    return name


def asked_text(op: Operation) -> str:
    """What `op` asks for as it was written, which may be no name."""
    request = asked_of(op)
    return f"{request.username}@{request.domain}"


def asked_name(op: Operation) -> Name | NameProblem:
    """The name that `op` asks for, by the rules of resolving only."""
    return parse_name(asked_text(op))
