"""A name's whole life beside the sweep, step by step in any order: no offer that anybody may be told to pay is ever
disabled, and when all is over none is left but the one that is paid.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Literal, get_args

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bus.operations.slip import Ending
from schemas.ids import OpId, Owner
from schemas.records import NameRecord
from services.node_manager.orphans.judge import (
    Disable,
    Forgotten,
    Former,
    Making,
    Over,
    Working,
    by_name,
    judge,
    strongest,
)

Steps = Generator[None, None, None]
How = Literal["well", "node-gone", "undone", "late", "dirty"]
"""How an operation goes: well; so that the former offer cannot be disabled; taken back; so that its own offer comes
into being after that; so that it cannot be taken back.
"""
FAILING = ("undone", "late", "dirty")


@dataclass
class Mesh:
    """One name. `told` are the operations whose offers DNS or a cache may tell a payer of."""

    active: set[OpId] = field(default_factory=set)
    without_path: set[OpId] = field(default_factory=set)
    ledger: dict[OpId, Ending | None] = field(default_factory=dict)
    record: NameRecord | None = None
    told: set[OpId] = field(default_factory=set)
    forgotten: set[OpId] = field(default_factory=set)
    past_pivot: set[OpId] = field(default_factory=set)

    def making(self, op: OpId) -> Making:
        if op not in self.ledger or op in self.forgotten:
            return Forgotten()
        ending = self.ledger[op]
        return Working() if ending is None else Over(ending, op in self.past_pivot)

    def stands(self) -> NameRecord:
        assert self.record is not None
        return self.record


def give_up(mesh: Mesh, op: OpId, how: How) -> Steps:
    """The way back: out of every cache first, then the offer. What a process had asked for that died may land later."""
    yield
    if how == "dirty":
        mesh.ledger[op] = "failed-dirty"  # nobody could take out of DNS what pays it
        return
    mesh.told.discard(op)
    yield
    if how != "late":
        mesh.active.discard(op)
    yield
    mesh.ledger[op] = "failed"
    if how == "late":
        yield
        mesh.active.add(op)


def retire(mesh: Mesh, op: OpId, former: OpId, how: How) -> Steps:
    yield
    if how != "node-gone":  # else it is gone for longer than anybody waits
        mesh.active.discard(former)
    yield
    mesh.ledger[op] = "failed-dirty" if how == "node-gone" else "succeeded"


def register(mesh: Mesh, op: OpId, how: How) -> Steps:
    mesh.ledger[op] = None
    yield
    mesh.record = NameRecord(name="a@shop.test", owner=Owner("o"), op=op, state="reserved", node_id="n")
    yield
    mesh.without_path.add(op)
    mesh.active.add(op)
    yield
    mesh.without_path.discard(op)
    mesh.active.add(op)
    yield
    mesh.told.add(op)
    if how in FAILING:
        yield from give_up(mesh, op, how)
        mesh.record = mesh.record if how == "dirty" else None
        return
    yield
    mesh.past_pivot.add(op)
    yield
    mesh.record = replace(mesh.stands(), state="active")
    yield
    mesh.ledger[op] = "succeeded"


def rotate(mesh: Mesh, op: OpId, how: How) -> Steps:
    former = mesh.stands().offer_op or mesh.stands().op
    mesh.ledger[op] = None
    mesh.record = replace(mesh.stands(), changing=op)
    yield
    mesh.active.add(op)
    yield
    mesh.told.add(op)
    if how in FAILING:
        yield from give_up(mesh, op, how)
        mesh.record = replace(mesh.stands(), changing=None)
        return
    yield
    mesh.told.discard(former)
    mesh.past_pivot.add(op)
    yield
    mesh.record = replace(mesh.stands(), offer_op=op, changing=None)
    yield from retire(mesh, op, former, how)


def release(mesh: Mesh, op: OpId, how: How) -> Steps:
    former = mesh.stands().offer_op or mesh.stands().op
    mesh.ledger[op] = None
    mesh.record = replace(mesh.stands(), changing=op, state="releasing")
    yield
    if how in FAILING:
        mesh.record = replace(mesh.stands(), changing=None, state="active")
        mesh.ledger[op] = "cancelled"
        return
    mesh.told.discard(former)
    mesh.past_pivot.add(op)
    yield
    mesh.record = replace(mesh.stands(), state="quarantined", offer_op=None, changing=None)
    yield from retire(mesh, op, former, how)


def sweep(mesh: Mesh) -> Steps:
    """The sweep's own order of looks; anything may happen between any two."""
    listed = sorted(mesh.active)
    for op in listed:
        payable = op not in mesh.without_path
        yield
        making = mesh.making(op)
        yield
        mentions = [] if mesh.record is None else [by_name(mesh.record, op)]
        yield
        successors = [mesh.making(one) for found in mentions if isinstance(found, Former) for one in found.by]
        yield
        verdict = judge(making, strongest(mentions), successors, payable=payable)
        if isinstance(verdict, Disable):
            # One without a path is looked at again while nobody is making it.
            if verdict.why == "without-path" and op not in mesh.without_path:
                continue
            assert op not in mesh.told, (op, verdict)
            mesh.active.discard(op)


Kind = Callable[[Mesh, OpId, How], Steps]
KINDS: tuple[Kind, ...] = (rotate, rotate, release)
HOW = st.sampled_from(get_args(How))
LIFE = st.lists(st.tuples(st.sampled_from(KINDS), HOW), max_size=4)


def may_begin(mesh: Mesh) -> bool:
    """Whether the record lets another operation begin: what is left of the former may run beside it."""
    return mesh.record is not None and mesh.record.state == "active" and mesh.record.changing is None


def played(mesh: Mesh, life: list[tuple[Kind, How]], dice: random.Random, running: list[Steps]) -> None:
    """Let all of it happen, one step of somebody's after the other, beside two sweeps that begin again and again."""
    sweeping = [sweep(mesh), sweep(mesh)]
    number = 0
    while running or (number < len(life) and may_begin(mesh)):
        if number < len(life) and may_begin(mesh) and (not running or dice.random() < 0.3):
            kind, how = life[number]
            number += 1
            running.append(kind(mesh, OpId(f"op{number}"), how))
            next(running[-1])  # the claim, which only one can win
        crowd = running + sweeping
        chosen = dice.choice(crowd)
        if next(chosen, crowd) is not crowd:
            continue
        if chosen in running:
            running.remove(chosen)
        else:
            sweeping[sweeping.index(chosen)] = sweep(mesh)


@given(LIFE, HOW, st.booleans(), st.integers(min_value=0))
def test_a_name_and_the_sweep(life: list[tuple[Kind, How]], begins: How, long_ago: bool, seed: int) -> None:
    mesh = Mesh()
    played(mesh, life, random.Random(seed), [register(mesh, OpId("op0"), begins)])
    active = mesh.record is not None and mesh.record.state == "active"
    if long_ago and active:
        mesh.forgotten = {op for op, ending in mesh.ledger.items() if ending == "succeeded"}
    for _ in sweep(mesh):
        pass
    paid = {mesh.stands().offer_op or mesh.stands().op} if active else set()
    for_an_operator = {op for op, end in mesh.ledger.items() if end == "failed-dirty" and op not in mesh.past_pivot}
    assert mesh.active == paid | for_an_operator
    assert mesh.told <= mesh.active
