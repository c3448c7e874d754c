"""A toy world for operations: every effect is a file, so that processes can be killed and the world still be looked at.

`<step>.<op>` exists while the effect of a step stands. `log` says what was done, one line each, in order. A file
`fault.<step>.<op>` makes a handler misbehave; its text says how.
"""

import asyncio
import json
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Fail, Handler, Outcome, Undone, UndoOutcome, Wait
from bus.workers.steps import Handlers
from schemas.base import utc_text
from schemas.facts import (
    Activated,
    AnyFact,
    Authoritative,
    Composed,
    OfferDisabled,
    Offered,
    Published,
    Released,
    Reserved,
    Verified,
    WaitingForSigner,
    Withdrawn,
)
from schemas.flows import FLOWS, Step, WorkerName
from schemas.ids import OpId, op_of, owner_of
from schemas.requests import Cancel, UsernameRegister

FLOW = FLOWS["username.register"]
PUBKEY = "ab" * 32
NODE = "02" + "11" * 32

DONE: dict[str, AnyFact] = {
    "reserve": Reserved(name="alice@shop.test", revision=1),
    "offer": Offered(node_id=NODE, offer_id="00", offer="lno1", label="toy"),
    "compose": Composed(name="alice@shop.test", owner_name="o", uri="bitcoin:", ttl_s=300, offer_expires_at=None),
    "publish": Published(owner_name="o", zone="z", record_id="r", content_sha256="00", ttl_s=300, previous_ttl_s=None),
    "prove": Authoritative(probes=(), verdict="secure", valid_from=0, valid_until=1, at=0.0, settles_at=0.0, zones=()),
    "settle": Verified(verdict="secure", valid_from=0, valid_until=1, authoritative=(), resolvers=()),
    "activate": Activated(name="alice@shop.test", uri="bitcoin:", revision=2),
}
UNDONE: dict[str, AnyFact] = {
    "reserve": Released(name="alice@shop.test"),
    "offer": OfferDisabled(offer_ids=("00",)),
    "publish": Withdrawn(owner_name="o"),
}
NOTE = WaitingForSigner(node_id=NODE)


def request(number: int | str) -> UsernameRegister:
    """A request whose operation only depends on `number`."""
    owner = owner_of(PUBKEY)
    return UsernameRegister(
        op=op_of(owner, f"toy-{number}"),
        owner=owner,
        pubkey=PUBKEY,
        body_sha256="00",
        asked_at=utc_text(time.time()),
        username="alice",
        domain="shop.test",
        node_id=NODE,
    )


def cancel(of: UsernameRegister) -> Cancel:
    """The request that takes `of` back."""
    return Cancel(op=of.op, owner=of.owner, pubkey=PUBKEY, body_sha256="00", asked_at=utc_text(time.time()))


@dataclass(frozen=True, slots=True)
class World:
    """Where effects stand. Every call takes up to `pause_s` before its effect and as long again after it."""

    folder: Path
    pause_s: float = 0.0

    async def pause(self) -> None:
        """The time that a real call would take."""
        await asyncio.sleep(random.uniform(0, self.pause_s))

    def stands(self, step: str, op: OpId) -> bool:
        """Whether the effect of `step` is there."""
        return self._effect(step, op).exists()

    def standing(self, op: OpId) -> list[str]:
        """Steps of `op` whose effect is there."""
        return [step.name for step in FLOW.steps if self.stands(step.name, op)]

    def make(self, step: str, op: OpId) -> None:
        """The effect; once, however often it is asked for."""
        try:
            os.close(os.open(self._effect(step, op), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            self.note("found", step, op)
        else:
            self.note("made", step, op)

    def remove(self, step: str, op: OpId) -> None:
        """Take the effect away, if it is there."""
        existed = self.stands(step, op)
        self._effect(step, op).unlink(missing_ok=True)
        self.note("removed" if existed else "nothing", step, op)

    def note(self, what: str, step: str, op: OpId) -> None:
        """One line of the log; appended in one write, so that processes do not mix."""
        line = json.dumps([what, step, op, os.getpid()]) + "\n"
        log = os.open(self.folder / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        os.write(log, line.encode())
        os.close(log)

    def log(self, op: OpId | None = None) -> list[tuple[str, str]]:
        """(what, step) in order, for `op` or for all."""
        path = self.folder / "log"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [(what, step) for what, step, of, _ in lines if op in (None, of)]

    def count(self, what: str, step: str, op: OpId) -> int:
        """How often `what` happened to `step` of `op`."""
        return self.log(op).count((what, step))

    def plant(self, fault: str, step: str, op: OpId) -> None:
        """Make `step` of `op` misbehave; written beside and renamed, as another process may be looking."""
        path = self._fault(step, op)
        draft = path.with_name(f"{path.name}.draft")
        draft.write_text(fault)
        draft.replace(path)

    def cure(self, step: str, op: OpId) -> None:
        """Let `step` of `op` behave again."""
        self._fault(step, op).unlink(missing_ok=True)

    def fault(self, step: str, op: OpId) -> str:
        """How `step` of `op` has to misbehave; empty: not at all."""
        try:
            return self._fault(step, op).read_text()
        except FileNotFoundError:  # or cured by another process just now
            return ""

    def _effect(self, step: str, op: OpId) -> Path:
        return self.folder / f"{step}.{op}"

    def _fault(self, step: str, op: OpId) -> Path:
        return self.folder / f"fault.{step}.{op}"


@dataclass(frozen=True, slots=True)
class Toy:
    """The handler of every step."""

    world: World

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Make the step's file, with whatever fault was planted."""
        world, name, id_ = self.world, step.name, op.ref.op
        world.note("asked", name, id_)
        match world.fault(name, id_).split(":"):
            case ["raise"]:
                raise RuntimeError("planted")
            case ["raise-after"]:
                world.make(name, id_)
                raise RuntimeError("planted")
            case ["raise-once-after"]:
                world.cure(name, id_)
                world.make(name, id_)
                raise RuntimeError("planted")
            case ["fail"]:
                return Fail("name-taken", "planted", clean=True)
            case ["wait", seconds]:
                return Wait(float(seconds), "planted", NOTE if name == "offer" else None)
            case ["make-then-wait", seconds]:
                world.make(name, id_)
                return Wait(float(seconds), "planted")
            case ["held"]:
                await until(lambda: world.fault(name, id_) != "held")
            case ["die"]:
                world.cure(name, id_)
                world.make(name, id_)
                os.kill(os.getpid(), signal.SIGKILL)
            case ["kill"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["hang"]:
                await asyncio.Event().wait()
            case ["wrong-fact"]:
                return Done(NOTE)
        await world.pause()
        world.make(name, id_)
        await world.pause()
        if world.fault(name, id_) == "die-late":
            world.cure(name, id_)
            os.kill(os.getpid(), signal.SIGKILL)
        return Done(DONE[name])

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Remove the step's file."""
        world, name, id_ = self.world, step.name, op.ref.op
        match world.fault(f"undo-{name}", id_):
            case "raise":
                raise RuntimeError("planted")
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "dirty":
                return Dirty("planted")
            case "wait":
                world.cure(f"undo-{name}", id_)
                return Wait(0.3, "planted")
        await world.pause()
        world.remove(name, id_)
        await world.pause()
        return Undone(UNDONE[name])


def handlers(world: World, worker: WorkerName) -> Handlers:
    """Toys for every step of `worker`, in every flow."""
    toy = cast("Handler", Toy(world))
    return {(flow.name, step.name): toy for flow in FLOWS.values() for step in flow.steps if step.worker == worker}


async def until(condition: object, patience_s: float = 60) -> None:
    """Wait until `condition()` (or `await condition()`) is true; TimeoutError after `patience_s`."""
    give_up_at = time.monotonic() + patience_s
    while True:
        result = condition() if callable(condition) else condition
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return
        if time.monotonic() > give_up_at:
            raise TimeoutError("the condition did not come true")
        await asyncio.sleep(0.02)
