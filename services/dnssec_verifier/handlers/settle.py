"""Step `settle` of what publishes a name: P4's clock, then P1 and P2 once more, and a sample of resolvers (P3)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Authoritative, Probe, Verified
from schemas.flows import Step
from services.dnssec_verifier.handlers.prove import desired_of
from services.dnssec_verifier.handlers.settling import still_cached
from services.dnssec_verifier.propagation.examine import Examiner, Sound
from services.dnssec_verifier.propagation.look import Desired
from services.dnssec_verifier.propagation.trouble import Patience, Trouble, decide
from services.dnssec_verifier.transport.resolvers import AnyResolver, is_visible, sample


@dataclass(frozen=True, slots=True)
class Evidence:
    """What `verified` is told with."""

    probes: tuple[Probe, ...]
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Settle(NothingToUndo):
    """The handler. `needed` resolvers that agree, each `asks` times, make a name visible.

    Evidence younger than `fresh_s` is not gathered again: nothing was waited for in between.
    """

    examiner: Examiner
    resolvers: tuple[AnyResolver, ...]
    needed: int
    timeout_s: float
    asks: int
    fast_s: float
    patience: Patience = field(default_factory=Patience)
    fresh_s: float = 2.0
    clock: Callable[[], float] = time.time

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Wait until `settles_at`; then Done, or Wait and Fail as in `prove` if the record is no longer right."""
        proven = op.body("authoritative")
        if not isinstance(proven, Authoritative):
            raise TypeError(f"operation {op.ref.op} settles without proof")
        now = self.clock()
        if (cached := still_cached(proven, op, step, now)) is not None:
            return cached
        desired = desired_of(op)
        evidence = await self._evidence(proven, desired)
        if isinstance(evidence, Trouble):
            elapsed_s = max(0.0, now - max(proven.settles_at, op.at("authoritative")))
            return decide(evidence, elapsed_s, step.timeout_s, self.fast_s, self.patience)
        sampled = await sample(desired.name, desired.payload, self.resolvers, self.timeout_s, self.asks)
        return Done(
            Verified(
                verdict="secure",
                valid_from=evidence.valid_from,
                valid_until=evidence.valid_until,
                authoritative=evidence.probes,
                resolvers=sampled,
                visible=is_visible(sampled, self.needed),
                took_s=round(max(0.0, self.clock() - op.at("published")), 1),
            )
        )

    async def _evidence(self, proven: Authoritative, desired: Desired) -> Evidence | Trouble:
        if self.clock() - proven.at <= self.fresh_s:
            return Evidence(proven.probes, proven.valid_from, proven.valid_until)
        result = await self.examiner.examine(desired)
        match result:
            case Sound(probes, span):
                return Evidence(probes, span.valid_from, span.valid_until)
            case Trouble():
                return result
