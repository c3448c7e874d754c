"""What a `payment.send` operation is about, and what its steps have found out."""

from typing import TypeVar

from bus.operations.facts import Operation
from schemas.facts import AnyFact
from schemas.requests import PaymentSend

T = TypeVar("T", bound=AnyFact)


def payment_of(op: Operation) -> PaymentSend:
    """The request of `op`; TypeError if it is another kind of operation."""
    request = op.request
    if not isinstance(request, PaymentSend):
        raise TypeError(f"operation {op.ref.op} sends no payment")
    return request


def wanted_msat(request: PaymentSend) -> int | None:
    """What shall arrive, if the payer said so."""
    return None if request.amount_msat is None else int(request.amount_msat)


def found(op: Operation, kind: type[T]) -> T:
    """The fact of `kind`, which an earlier step has written; TypeError if it has not."""
    for fact in op.facts:
        if isinstance(fact.body, kind):
            return fact.body
    raise TypeError(f"operation {op.ref.op} has no {kind.__name__} yet")
