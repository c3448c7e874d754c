"""What a flow is made of: its name, its steps, and the words that every flow shares (DESIGN §4).

A step names the worker that acts, the fact that says it is done, how long it may take from the fact before it, and the
fact that says it was undone. Up to and including the pivot a flow can be taken back; after it, it only goes forward.
"""

from typing import Literal

from schemas.base import Wire

WorkerName = Literal["node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier"]
FlowName = Literal[
    "node.register",
    "node.start",
    "node.stop",
    "node.restart",
    "node.delete",
    "node.turn",
    "node.lag",
    "payment.send",
    "payment.watch",
    "offer.create",
    "payment.receive",
    "invoice.create",
    "offer.change",
    "offer.disable",
    "offer.enable",
    "username.register",
    "username.rotate",
    "username.release",
    "username.pause",
    "username.health",
    "dns.publish",
    "dns.withdraw",
    "record.drift",
    "record.heal",
    "webhook.create",
    "webhook.change",
    "webhook.remove",
    "webhook.rotate",
    "webhook.ping",
    "webhook.redeliver",
    "webhook.disable",
    "zone.sign",
    "zone.unsign",
    "zone.roll",
    "zone.hold",
    "zone.resume",
]

NOBODY = "-"
"""The `next` token of a fact after which nobody has to act."""

REQUESTED = "requested"
FAILED = "failed"
CANCELLED = "cancelled"
FAILED_DIRTY = "failed-dirty"


class Step(Wire, frozen=True, kw_only=True):
    """One step of a flow: `worker` acts and publishes `done`; `timeout_s` counts from the fact before it.

    `undo_s` is how long taking it back may keep saying "not yet" before an operator has to look.

    A `refutable` one may end in a failure even past the pivot: by proof that its effect never happened and never will.
    """

    name: str
    worker: WorkerName
    done: str
    timeout_s: float
    undone: str | None = None
    undo_s: float = 86_400.0
    pivot: bool = False
    refutable: bool = False


class Flow(Wire, frozen=True, kw_only=True):
    """A named list of steps. `notes` are facts that inform an owner and move nothing.

    An `unannounced` one is nothing that anybody asked for: that it was opened is not told. A `quiet` one is no more
    than news: HISTORY has no record of it.
    """

    name: FlowName
    version: int
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    quiet: bool = False
    unannounced: bool = False

    @property
    def first_worker(self) -> WorkerName:
        """Who takes the request off INGRESS."""
        return self.steps[0].worker

    @property
    def pivot_index(self) -> int:
        """Index of the pivot step; everything before its fact can still be taken back."""
        return next(i for i, step in enumerate(self.steps) if step.pivot)

    def step(self, name: str) -> Step:
        """The step called `name`; KeyError if the flow has none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)
