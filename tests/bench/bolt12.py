"""BOLT 12 messages read and judged per second, signatures verified, beside LDK in WebAssembly (two builds from npm).

All in one process here and one there, taking turns on the same messages, so that the ratios hold even where the
absolute numbers wander; a ratio is ours to theirs of one turn.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from schemas.bolt12 import (
    decode_invoice,
    decode_invoice_bytes,
    decode_invoice_request_bytes,
    decode_offer,
    decode_offer_bytes,
)
from schemas.bolt12.text import encode_text
from tests.bolt12oracle import Oracle, running_oracle
from tests.contract.bolt12.mutations import right_messages, seal
from tests.node_packages import why_no_node

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "offers-test.json"
"""The offers that are read, where they are beside this checkout; otherwise some of our own."""
ROUNDS, ROUND_S = 7, 0.4

TEXT: dict[str, Callable[[str], object]] = {"lno": decode_offer, "lni": decode_invoice}
STREAM: dict[str, Callable[[bytes], object]] = {
    "lno": decode_offer_bytes,
    "lnr": decode_invoice_request_bytes,
    "lni": decode_invoice_bytes,
}
NAMES = {"lno": "offer", "lnr": "invoice request", "lni": "invoice"}
COMPARED = (("ldk", "lno text"), ("boltz", "lno text"), ("ldk", "lnr"), ("ldk", "lni"), ("boltz", "lni text"))
"""Which build reads what: LDK itself reads requests and invoices from bytes alone."""


def run() -> None:
    """One line a message and a build: both rates, and how many times as fast we are."""
    missing = why_no_node()
    if missing:
        print(missing)
        return
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder, running_oracle(Path(folder)) as oracle:
        for build, kind in COMPARED:
            _compare(oracle, build, kind)


def _compare(oracle: Oracle, build: str, kind: str) -> None:
    prefix = kind[:3]
    streams = [seal(name, records)[1] for name, records in right_messages() if name == prefix and 6 not in records]
    texts = [encode_text(stream, f"{prefix}1") for stream in streams]
    if prefix == "lno" and VECTORS.exists():
        texts = [str(case["bolt12"]) for case in json.loads(VECTORS.read_text()) if case["valid"]]
    as_text = kind.endswith("text")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_rate(TEXT[prefix], texts) if as_text else _rate(STREAM[prefix], streams))
        messages = texts if as_text else [stream.hex() for stream in streams]
        theirs.append(oracle.per_second(build, kind, messages, ROUND_S))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    what = f"{NAMES[prefix]}, as {'text' if as_text else 'bytes'}"
    print(f"{what:<25} we {_spread(ours)}   {build:<5} {_spread(theirs)}   ratio {_spread(ratios, '.2f')}")


def _spread(values: Sequence[float], form: str = ",.0f") -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def _rate(decode: Callable[..., object], messages: Sequence[str] | Sequence[bytes]) -> float:
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < ROUND_S:
        for message in messages:
            decode(message)
        count += len(messages)
    return count / (time.perf_counter() - started)
