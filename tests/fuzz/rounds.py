"""Playing rounds of cases until time is up: each round has a seed that plays it again."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

T = TypeVar("T")

SECONDS = float(os.environ.get("FUZZ_SECONDS", "4"))
"""How long each door is tried."""

SEED = int(os.environ.get("FUZZ_SEED", "0")) or time.time_ns() % 1_000_000_000
CASES_A_ROUND = 60


@dataclass
class Played:
    """How much was tried."""

    rounds: int = 0
    cases: int = 0


def play(
    door: str, cases: st.SearchStrategy[T], check: Callable[[T], None], after_round: Callable[[], None], seconds: float
) -> Played:
    """Draw `cases` and `check` each until `seconds` are over; at least one round. What `check` raises ends it."""
    played, until = Played(), time.monotonic() + seconds
    while played.rounds == 0 or time.monotonic() < until:
        seed = SEED + played.rounds
        print(f"fuzz {door}: round {played.rounds}, FUZZ_SEED={seed}", flush=True)

        @settings(
            max_examples=CASES_A_ROUND,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        @hypothesis.seed(seed)
        @given(cases)
        def one_round(case: T) -> None:
            played.cases += 1
            check(case)

        one_round()
        after_round()
        played.rounds += 1
    print(f"fuzz {door}: {played.cases} cases in {played.rounds} rounds", flush=True)
    return played
