"""BOLT 12 offers decoded per second with every rule checked: the official valid vectors, the shortest, the longest."""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from schemas.bolt12 import decode_offer

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "offers-test.json"
ROUNDS, ROUND_S = 7, 0.5


def run() -> None:
    """Print the median and spread of several rounds."""
    if not VECTORS.exists():
        print("the official vectors are not beside this checkout")
        return
    valid = [str(case["bolt12"]) for case in json.loads(VECTORS.read_text()) if case["valid"]]
    for what, texts in {
        f"{len(valid)} valid vectors": valid,
        "the shortest": [min(valid, key=len)],
        "the longest": [max(valid, key=len)],
    }.items():
        rates = [_rate(texts) for _ in range(ROUNDS)]
        print(f"{what}: {statistics.median(rates):,.0f} decodes/s  ({min(rates):,.0f} to {max(rates):,.0f})")


def _rate(texts: Sequence[str]) -> float:
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < ROUND_S:
        for text in texts:
            decode_offer(text)
        count += len(texts)
    return count / (time.perf_counter() - started)
