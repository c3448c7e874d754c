"""Messages on every subject that any identity may publish: good, broken and absurd, with headers to match.

Each is published by the very identity that may, so this is also a mesh in which one process after the other has gone
mad. Left out is `topology`, whose right it is to take the bus apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from bus.tables.identities import ALL_IDENTITIES
from bus.tables.permissions import permissions_of
from schemas.documents import schemas_of
from services.mesh.contract.channels import Channel, channels
from tests.fuzz.values import Hints, bodies, hostile_bytes, short, values

MAD = tuple(identity for identity in ALL_IDENTITIES if identity != "topology")
_TOKENS = st.from_regex(r"[a-z2-7]{26}", fullmatch=True) | st.from_regex(r"[A-Za-z0-9_=-]{1,30}", fullmatch=True)
_HEADERS = st.sampled_from(
    (
        ("Nats-Rollup", "all"),
        ("Nats-Rollup", "sub"),
        ("Nats-TTL", "1s"),
        ("Nats-TTL", "never"),
        ("Nats-Schedule", "@at 2020-01-01T00:00:00Z"),
        ("Nats-Schedule", "@every 1ms"),
        ("Nats-Schedule-Target", "tick.notifier.a"),
        ("Nats-Expected-Last-Sequence", "-1"),
        ("Nats-Expected-Last-Subject-Sequence", "0"),
        ("Nats-Expected-Stream", "LEDGER"),
        ("Nats-Msg-Id", "x"),
        ("traceparent", "00-zz-" + "0" * 300),
        ("X-Orig-Subject", "saga.>"),
        ("X-Orig-Seq", "-1"),
        ("X-Anything", "ü" * 40),
    )
)


@dataclass(frozen=True)
class BusCase:
    """One message and who says it."""

    identity: str
    subject: str
    payload: bytes
    headers: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"BusCase({self.identity}: {self.subject} {dict(self.headers)} {short(self.payload)})"


def bus_cases(who: Sequence[str], hints: Hints, known: Sequence[str]) -> st.SearchStrategy[BusCase]:
    """Cases for every subject of every identity in `who`; `known` are tokens that mean something in this mesh."""
    rows = channels()
    return st.one_of(
        [
            _case(identity, pattern, rows, hints, known)
            for identity in who
            for pattern in permissions_of(identity).publish
        ]
    )


def _case(
    identity: str, pattern: str, rows: Sequence[Channel], hints: Hints, known: Sequence[str]
) -> st.SearchStrategy[BusCase]:
    token = _TOKENS | st.sampled_from(known) if known else _TOKENS
    several = st.lists(token, min_size=1, max_size=2).map(".".join)
    parts = [{"*": token, ">": several}.get(part, st.just(part)) for part in pattern.split(".")]
    kinds = [kind for row in rows if row.covers(pattern) for kind in row.bodies]
    payload = hostile_bytes
    if kinds:
        found, components = schemas_of(kinds)
        payload = bodies(st.one_of([values(schema, components, hints) for schema in found]))
    headers = st.lists(_HEADERS, max_size=2).map(tuple)
    return st.builds(BusCase, st.just(identity), st.tuples(*parts).map(".".join), payload, headers)
