"""Step `prove` of what publishes a name: P1 and P2, looked at again and again by durable timer until both hold."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Authoritative, Changing, Claimed, Composed, Published
from schemas.flows import Step
from services.dnssec_verifier.handlers.proving import Proving
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.propagation.examine import Sound
from services.dnssec_verifier.propagation.look import Desired
from services.dnssec_verifier.propagation.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Prove(Proving):
    """The handler."""

    async def act(self, op: Operation, step: Step) -> Outcome:
        """One look; Wait while it may still heal, Fail with the reason once it has lasted too long."""
        published, desired = published_of(op), desired_of(op)
        former_ttl_s = max(published.previous_ttl_s or 0, _former_ttl_s(op))
        match await self.examiner.examine(desired):
            case Sound() as sound:
                return Done(Authoritative(**self.evidence(sound, former_ttl_s if published.changed else None)))
            case Trouble() as trouble:
                return self.hope(trouble, op, step, after="published", former_ttl_s=former_ttl_s)


def desired_of(op: Operation) -> Desired:
    """What every authoritative server should give for `op`: the composed URI under the published TTL."""
    composed, published = op.body("composed"), published_of(op)
    if not isinstance(composed, Composed):
        raise TypeError(f"operation {op.ref.op} has published without composing")
    return Desired(absolute(published.owner_name), composed.uri.encode("ascii"), published.ttl_s)


def _former_ttl_s(op: Operation) -> int:
    """The TTL of what is replaced: a cache may hold it although the provider had lost it."""
    changing, claimed = op.body("changing"), op.body("claimed")
    if isinstance(claimed, Claimed) and claimed.former is not None:
        return claimed.former.ttl_s
    return changing.ttl_s if isinstance(changing, Changing) else 0


def published_of(op: Operation) -> Published:
    """The fact `published` of `op`; TypeError if it has none."""
    published = op.body("published")
    if not isinstance(published, Published):
        raise TypeError(f"operation {op.ref.op} has not published")
    return published
