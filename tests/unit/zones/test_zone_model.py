"""In no order of events is a DS anywhere without a key that it names, or anything unsigned while a DS may be cached."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.operations.slip import Finished, position
from schemas.flows import FlowName
from services.dnssec_verifier.zones import conditions as must
from services.dnssec_verifier.zones.gates import GATES, Gate, at_once
from tests.unit.zones.model import Violation, play

FLOWS: tuple[FlowName, ...] = ("zone.sign", "zone.roll", "zone.unsign")


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**9), st.booleans())
@pytest.mark.parametrize("flow", FLOWS)
def test_no_validator_ever_notices(flow: FlowName, seed: int, polling: bool) -> None:
    op = play(seed, flow, polling=polling)
    where = position(op)
    assert isinstance(where, Finished)
    assert where.ending in ("succeeded", "cancelled")


def without(
    flow: FlowName, step: str, *left_out: must.Condition, lasting: bool = True
) -> dict[tuple[FlowName, str], Gate]:
    """The table with something left out of one gate."""
    gate = GATES[flow, step]
    kept = tuple(condition for condition in gate.conditions if condition not in left_out)
    return {
        **GATES,
        (flow, step): replace(gate, conditions=kept, lasting=gate.lasting if lasting else at_once, looks=1),
    }


@pytest.mark.parametrize(
    ("flow", "table"),
    [
        ("zone.sign", without("zone.sign", "ready", lasting=False)),
        ("zone.sign", without("zone.sign", "undo-clear", lasting=False)),
        ("zone.roll", without("zone.roll", "ready", lasting=False)),
        ("zone.roll", without("zone.roll", "retire", lasting=False)),
        ("zone.unsign", without("zone.unsign", "vanish", lasting=False)),
    ],
)
def test_each_gate_is_needed(flow: FlowName, table: dict[tuple[FlowName, str], Gate]) -> None:
    """The model can fail: with one thing left out of one gate, some order of events is noticed."""

    def until_noticed() -> None:
        for seed in range(400):
            play(seed, flow, table)

    with pytest.raises(Violation):
        until_noticed()
