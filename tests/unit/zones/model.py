"""A zone, its parent and every cache there could be, in memory: what the flows do to them, whatever happens meanwhile.

The flows, the routing slip, the gates, what they wait for and the streak are the real ones; only what a condition looks
at and how long a TTL is are the model's. Somebody may lower the TTL of the keys at any time after the claim. Time is
whole seconds.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from bus.operations import slip
from bus.operations.facts import Operation
from bus.operations.slip import Finished, Todo, Undo
from schemas.flows import FlowName
from schemas.records import Streak
from schemas.zones import Ds
from services.dnssec_verifier.zones import conditions as must
from services.dnssec_verifier.zones.conditions import Want
from services.dnssec_verifier.zones.gates import GATES, Gate, Times
from services.dnssec_verifier.zones.streak import Open, judge, missing
from tests.unit.edge.histories import begun, sample, with_fact

DS_TTL, KEY_TTL, LOW_KEY_TTL, MAX_TTL, NEGATIVE = 5, 6, 1, 6, 2
Set = frozenset[Ds]
NONE: Set = frozenset()
OLD, NEW = (frozenset({Ds(key_tag=tag, algorithm=13, digest_type=2, digest="AA")}) for tag in (1, 2))
WANTS: dict[FlowName, Want] = {
    "zone.sign": Want(NONE, OLD),
    "zone.roll": Want(OLD, NEW),
    "zone.unsign": Want(OLD, NONE),
}


class Violation(AssertionError):
    """A validator somewhere would have said SERVFAIL."""


@dataclass
class Place:
    """One address over time: (since when, what it serves)."""

    served: list[tuple[int, Set]]

    def put(self, at: int, what: Set) -> None:
        """Serve `what` from `at` on."""
        self.served.append((max(at, self.served[-1][0]), what))

    def at(self, now: int) -> Set:
        """What it serves at `now`."""
        return [what for since, what in self.served if since <= now][-1]

    def since(self, start: int, now: int) -> Iterator[Set]:
        """Everything that a cache filled after `start` may have got by `now`."""
        for index, (begin, what) in enumerate(self.served):
            end = self.served[index + 1][0] if index + 1 < len(self.served) else now + 1
            if begin <= now and end > start:
                yield what


def _all(places: list[Place], start: int, now: int) -> set[Set]:
    return {what for place in places for what in place.since(start, now)}


@dataclass
class Model:
    """Two addresses of the parent, two of the zone. `gates` is the table; a test may leave something out of it."""

    dice: random.Random
    flow: FlowName
    table: Mapping[tuple[FlowName, str], Gate] = field(default_factory=lambda: GATES)
    polling: bool = False
    now: int = 100

    def __post_init__(self) -> None:
        want = WANTS[self.flow]
        self.parents = [Place([(0, want.former)]) for _ in range(2)]
        self.children = [Place([(0, want.former)]) for _ in range(2)]
        self.op = begun(self.flow)
        self.streak: Streak | None = None
        self.due: list[tuple[int, Callable[[], None]]] = []
        self.announced = (0, want.former)
        self.lowered_at: int | None = None
        self.keys_ttl_s = self.key_ttl(self.now) if want.former else 0

    def key_ttl(self, moment: int) -> int:
        """TTL of the keys as served at `moment`."""
        return KEY_TTL if self.lowered_at is None or moment < self.lowered_at else LOW_KEY_TTL

    def check(self) -> None:
        """Whatever a validator has in its cache, it can validate what it is given now."""
        fresh_ds = _all(self.parents, self.now - DS_TTL, self.now)
        # an RRset may be used for as long as its TTL, which is that of the moment in which it was fetched
        oldest = min(moment for moment in range(self.now - KEY_TTL, self.now + 1) if self.may_last(moment, self.now))
        keys = _all(self.children, oldest, self.now)
        for ds in fresh_ds - {NONE}:
            if any(not ds & served for served in keys):
                raise Violation(f"{self.now}: a cached DS names no key that is served or cached")
            if NONE in _all(self.children, self.now - MAX_TTL, self.now):
                raise Violation(f"{self.now}: a cache holds unsigned data under a DS")
        if _all(self.parents, oldest - DS_TTL, self.now) - {NONE} and any(
            not place.at(self.now) for place in self.children
        ):
            raise Violation(f"{self.now}: unsigned while somebody may still believe a key")

    def may_last(self, moment: int, now: int) -> bool:
        """Whether keys fetched at `moment` may still be held."""
        return now - moment <= self.key_ttl(moment)

    def pass_time(self, seconds: int) -> None:
        """Let time pass, second by second, and what was set in motion arrive."""
        for _ in range(seconds):
            self.now += 1
            ready = [entry for entry in self.due if entry[0] <= self.now]
            self.due = [entry for entry in self.due if entry[0] > self.now]
            for _, arrive in ready:
                arrive()
            if self.polling and self.now - self.announced[0] == POLLED_AFTER:
                self.bring(self.parents, self.announced[1])
            self.check()

    def bring(self, places: list[Place], what: Set) -> None:
        """`what` comes to each of `places`, sooner or later."""
        for place in places:
            self.due.append((self.now + self.dice.randrange(4), lambda place=place: place.put(self.now, what)))  # type: ignore[misc]  # bound per turn

    def change(self, ds: Set) -> None:
        """Give the parent `ds`, unless it takes what the signer announces."""
        if not self.polling:
            self.bring(self.parents, ds)

    def say(self, name: str) -> None:
        """Commit the fact; the operator of a server that signs by itself does what it says."""
        self.op = with_fact(self.op, sample(name, self.flow))
        self.streak = None
        keys = {
            ("zone.sign", "zone-signing"): OLD,
            ("zone.sign", "zone-signing-stopped"): NONE,
            ("zone.unsign", "zone-signing-stopped"): NONE,
            ("zone.roll", "zone-claimed"): OLD | NEW,
            ("zone.roll", "old-ds-expired"): NEW,
        }.get((self.flow, name))
        if keys is not None:
            self.bring(self.children, keys)
        announced = ANNOUNCED.get((self.flow, name))
        if announced is not None:
            self.announced = (self.now, announced)

    def seen(self) -> Any:
        """One look, as far as the conditions of the model need it."""
        parents = tuple(SimpleNamespace(ds=place.at(self.now), server="p", transport="udp") for place in self.parents)
        keys = tuple(place.at(self.now) for place in self.children)
        ttl_s = self.key_ttl(self.now) if any(keys) else 0
        self.keys_ttl_s = max(self.keys_ttl_s, ttl_s)
        return SimpleNamespace(
            at=float(self.now),
            parents=parents,
            keys=keys,
            trouble="",
            probes=(),
            ttl_s=lambda *_types: ttl_s,
            parent_negative_s=NEGATIVE,
        )

    def gate(self, step: str) -> Gate:
        """The real gate with the model's eyes."""
        gate = self.table[self.flow, step]
        return replace(gate, conditions=tuple(EYES[condition] for condition in gate.conditions))

    def is_open(self, step: str) -> bool:
        """One look of dnssec-verifier at the gate of `step`, after those before."""
        seen = self.seen()
        times = Times(DS_TTL, MAX_TTL, self.keys_ttl_s, 0.0)
        judged, self.streak = judge(step, self.gate(step), seen, WANTS[self.flow], times, self.streak)
        return isinstance(judged, Open)

    def may_act(self, step: str) -> bool:
        """One look for dns-publisher, right before it acts."""
        return missing(self.gate(step), self.seen(), WANTS[self.flow]) is None


def _holds(which: Callable[[Want], Set]) -> Callable[[Any, Want], str | None]:
    return lambda seen, want: None if all(served & which(want) for served in seen.keys) else "no"


def _parents(wanted: Callable[[Set, Want], bool]) -> Callable[[Any, Want], str | None]:
    return lambda seen, want: None if all(wanted(one.ds, want) for one in seen.parents) else "no"


def _yes(_seen: Any, _want: Want) -> str | None:
    return None


EYES: Mapping[Any, Any] = {
    must.parent_has_none: _parents(lambda ds, _: not ds),
    must.parent_has_former: _parents(lambda ds, want: ds == want.former),
    must.parent_has_new: _parents(lambda ds, want: ds == want.ds),
    must.parent_has_former_or_new: _parents(lambda ds, want: ds in (want.former, want.ds)),
    must.parent_has_some: _parents(lambda ds, _: bool(ds)),
    must.same_servers: _yes,
    must.same_keys: lambda seen, _: None if len(set(seen.keys)) == 1 else "no",
    must.holds_with_former: _holds(lambda want: want.former),
    must.holds_with_new: _holds(lambda want: want.ds),
    must.holds_with_that: lambda seen, _: None if all(k & p.ds for k in seen.keys for p in seen.parents) else "no",
    must.announces_new: _yes,
    must.old_keys_gone: lambda seen, want: "no" if any(keys & (want.former - want.ds) for keys in seen.keys) else None,
    must.nothing_signed: lambda seen, _: "no" if any(seen.keys) else None,
    must.chain_is_secure: _parents(lambda ds, _: bool(ds)),
    must.chain_is_insecure: _parents(lambda ds, _: not ds),
}
SUBMITS = ("submit", "withdraw")
ANNOUNCED: Mapping[tuple[FlowName, str], Set] = {
    ("zone.sign", "zone-signing"): OLD,
    ("zone.sign", "ds-withdrawn"): NONE,
    ("zone.sign", "ds-forsaken"): NONE,
    ("zone.unsign", "ds-withdrawn"): NONE,
    ("zone.unsign", "ds-restored"): OLD,
    ("zone.roll", "zone-claimed"): NEW,
}
"""What the signer says by CDS after a fact; a parent that polls believes it `POLLED_AFTER` seconds later."""
POLLED_AFTER = 12


def turn(model: Model) -> None:
    """What the worker whose turn it is does once: as the handlers do, one look and perhaps one change."""
    want = WANTS[model.flow]
    match slip.position(model.op):
        case Todo(step=step) if step.name in SUBMITS:
            if model.may_act(step.name):
                model.change(want.ds)
                model.say(step.done)
        case Todo(step=step) if step.worker == "dns-publisher":
            if step.name == "prepare" or model.may_act(step.name):
                model.say(step.done)
        case Todo(step=step):
            if model.is_open(step.name):
                model.say(step.done)
        case Undo(step=step) if step.name in SUBMITS and step.undone is not None:
            if model.may_act(f"undo-{step.name}"):
                model.change(want.former)
                model.say(step.undone)
        case Undo(step=step) if step.undone is not None:
            if _may_undo(model, step.name):
                model.say(step.undone)
        case _:
            pass


def _may_undo(model: Model, step: str) -> bool:
    match model.flow, step:
        case "zone.sign", "clear":
            given = model.op.has("ds-withdrawn") or model.polling
            return model.is_open("undo-clear" if given else "undo-unsubmitted")
        case "zone.sign", "begin":
            return True
        case _, "sign" | "prepare":
            return model.may_act(f"undo-{step}")
        case _:
            return model.is_open(f"undo-{step}")


def play(
    seed: int, flow: FlowName, table: Mapping[tuple[FlowName, str], Gate] = GATES, *, polling: bool = False
) -> Operation:
    """One operation to its end: random pauses (holds, dead workers), a cancel anywhere before the pivot."""
    model = Model(random.Random(seed), flow, table, polling)
    given_up_at = model.dice.choice((0, model.dice.randrange(1, 60)))
    model.lowered_at = model.dice.choice((None, model.now + 1 + model.dice.randrange(60)))
    for moment in range(1, 400):
        where = slip.position(model.op)
        if isinstance(where, Finished):
            model.pass_time(30)
            return model.op
        if moment == given_up_at and isinstance(where, Todo) and not slip.is_past_pivot(model.op):
            model.op = with_fact(model.op, slip.cancelled(model.op, where.step))
            model.streak = None
        else:
            turn(model)
        model.pass_time(model.dice.choice((1, 1, 1, 1, 2, 5, 20)))
    raise AssertionError(f"{flow} never ended: {[fact.name for fact in model.op.facts]}")
