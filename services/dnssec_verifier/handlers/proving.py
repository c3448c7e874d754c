"""What the two steps called `prove` share: what a look is worth as evidence, and how long there is hope without."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypedDict

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Fail, Outcome
from schemas.facts import Probe, Propagating
from schemas.flows import Step
from services.dnssec_verifier.propagation.examine import Examiner, Sound
from services.dnssec_verifier.propagation.trouble import Patience, Trouble, decide


class Evidence(TypedDict):
    """What the facts of both steps say of P1 and P2, and of P4's clock."""

    probes: tuple[Probe, ...]
    verdict: str
    valid_from: int
    valid_until: int
    at: float
    settles_at: float
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proving(NothingToUndo):
    """What both handlers are made with. `fast_s`: the first interval between looks, `margin_s`: added to P4's clock."""

    examiner: Examiner
    fast_s: float
    margin_s: float
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time

    def evidence(self, sound: Sound, former_ttl_s: int | None) -> Evidence:
        """`former_ttl_s` None: nothing was changed, so that no cache can hold anything older."""
        wait_s = 0.0 if former_ttl_s is None else max(former_ttl_s, sound.negative_ttl_s) + self.margin_s
        return Evidence(
            probes=sound.probes,
            verdict="secure",
            valid_from=sound.span.valid_from,
            valid_until=sound.span.valid_until,
            at=sound.at,
            settles_at=sound.at + wait_s,
            zones=sound.zones,
        )

    def hope(self, trouble: Trouble, op: Operation, step: Step, *, after: str, former_ttl_s: int) -> Outcome:
        """Wait while it may still heal, Fail with the reason once it has lasted too long since the fact `after`.

        While there is hope, the owner is told how far it is, and how long (at least) it takes from there.
        """
        elapsed_s = max(0.0, self.clock() - op.at(after))
        decision = decide(trouble, elapsed_s, step.timeout_s, self.fast_s, self.patience)
        if isinstance(decision, Fail) or not trouble.servers:
            return decision
        note = Propagating(
            right=trouble.right,
            servers=trouble.servers,
            detail=trouble.detail,
            settles_in_s=round(former_ttl_s + self.margin_s, 1),
        )
        return replace(decision, note=note)
