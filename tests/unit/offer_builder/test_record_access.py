"""Whose a name is to an operator's operation: every state of the table, and never a seller's."""

import itertools
from typing import get_args

import pytest
from msgspec.structs import replace

from bus.operations.facts import OpRef
from schemas.ids import OpId, Owner
from schemas.records import NameRecord, NameState
from services.offer_builder import claims
from services.offer_builder.records.access import Busy, Held, Owned, Resting, Standing, Vacant, access

NOW = 1000.0
OURS, OTHER = OpId("o" * 26), OpId("t" * 26)
REF = OpRef(Owner("a" * 26), OURS)
RECORD = NameRecord(
    name="alice@shop.test", owner=Owner("b" * 26), op=OTHER, state="active", node_id="", by_operator=True
)


@pytest.mark.parametrize(
    ("record", "meaning"),
    [
        (None, Vacant(None, 7)),
        (RECORD, Standing(RECORD, 7)),
        (replace(RECORD, op=OURS), Standing(replace(RECORD, op=OURS), 7)),
        (replace(RECORD, changing=OURS), Held(replace(RECORD, changing=OURS), 7)),
        (replace(RECORD, changing=OTHER), Busy()),
        (replace(RECORD, state="releasing", changing=OTHER), Busy()),
        (replace(RECORD, state="reserved"), Busy()),
        (replace(RECORD, state="reserved", op=OURS), Held(replace(RECORD, state="reserved", op=OURS), 7)),
        (
            replace(RECORD, state="quarantined", quarantined_until=NOW + 1),
            Vacant(replace(RECORD, state="quarantined", quarantined_until=NOW + 1), 7),
        ),
    ],
)
def test_an_operators_record(record: NameRecord | None, meaning: object) -> None:
    assert access(record, 7, REF, NOW) == meaning


@pytest.mark.parametrize("state", get_args(NameState))
@pytest.mark.parametrize("changing", [None, OURS, OTHER])
def test_a_sellers_name_is_never_ours(state: NameState, changing: OpId | None) -> None:
    sellers = replace(RECORD, by_operator=False, state=state, changing=changing, op=OURS, quarantined_until=NOW + 1)
    assert access(sellers, 7, REF, NOW) == (Resting() if state == "quarantined" else Owned())


def test_a_sellers_name_that_has_rested_is_vacant() -> None:
    rested = replace(RECORD, by_operator=False, state="quarantined", quarantined_until=NOW)
    assert access(rested, 7, REF, NOW) == Vacant(rested, 7)


def test_no_seller_can_register_or_change_an_operators_record_that_stands() -> None:
    states: tuple[NameState, ...] = ("reserved", "active", "releasing")
    for state, owner in itertools.product(states, (REF.owner, RECORD.owner)):
        record = replace(RECORD, state=state, owner=owner)
        assert claims.standing(record, 7, OURS) == claims.Foreign()
        assert claims.access(record, 7, REF) == claims.NotTheirs()
