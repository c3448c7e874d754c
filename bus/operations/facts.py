"""An operation as its facts: what was read from LEDGER, in sequence order, and nothing derived."""

from dataclasses import dataclass

from bus.errors import Undecodable
from schemas.facts import AnyFact, Requested
from schemas.flows import FLOWS, Flow
from schemas.ids import OpId, Owner
from schemas.requests import FlowRequest


@dataclass(frozen=True, slots=True)
class OpRef:
    """Which operation: whose it is and its id."""

    owner: Owner
    op: OpId


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact as stored: `seq` is its LEDGER sequence, `at` its server time in unix seconds, `next` who must act."""

    name: str
    next: str
    body: AnyFact
    seq: int
    at: float


@dataclass(frozen=True, slots=True)
class Operation:
    """All facts of one operation, by rising `seq`; the first is always `requested`."""

    ref: OpRef
    facts: tuple[StoredFact, ...]

    @property
    def last_seq(self) -> int:
        """Sequence of the newest fact: what a compare-and-set expects."""
        return self.facts[-1].seq

    @property
    def requested(self) -> Requested:
        """The fact that opened the operation; Undecodable if its first fact is another."""
        body = self.facts[0].body
        if not isinstance(body, Requested):
            raise Undecodable(f"operation {self.ref.op} does not begin with its request")
        return body

    @property
    def request(self) -> FlowRequest:
        """What was asked for."""
        return self.requested.request

    @property
    def flow(self) -> Flow:
        """The steps this operation runs."""
        return FLOWS[self.requested.flow]

    def body(self, name: str) -> AnyFact | None:
        """The body of the fact called `name`, if it happened."""
        return next((fact.body for fact in self.facts if fact.name == name), None)

    def at(self, name: str) -> float:
        """When (unix s, the bus's clock) the fact called `name` happened; LookupError if it did not."""
        for fact in self.facts:
            if fact.name == name:
                return fact.at
        raise LookupError(f"operation {self.ref.op} has no fact {name}")

    @property
    def moved_at(self) -> float:
        """When (unix s) the newest fact that is no note happened: since then the step that is due is due."""
        return next(fact.at for fact in reversed(self.facts) if fact.name not in self.flow.notes)

    def has(self, name: str) -> bool:
        """Whether the fact called `name` happened."""
        return any(fact.name == name for fact in self.facts)
