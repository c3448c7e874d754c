"""A look at an operation's zone, judged and taken down in the zone's record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import dns.rdatatype
import structlog

from bus.operations.facts import Operation
from bus.operations.outcomes import Wait
from schemas.records import Hold, ZoneRecord
from schemas.zones import Ds
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.propagation.trouble import pace
from services.dnssec_verifier.zones.conditions import Want, intended
from services.dnssec_verifier.zones.desk import ZoneDesk
from services.dnssec_verifier.zones.gates import GATES, Times
from services.dnssec_verifier.zones.look import ZoneLooker
from services.dnssec_verifier.zones.op import claimed_of, ds_ttl_of, ready_ds_of
from services.dnssec_verifier.zones.seen import ZoneSeen
from services.dnssec_verifier.zones.streak import Amiss, Closed, Judged, Lasting, Open, closed, judge

HELD_S = 5.0
"""How soon a held operation looks whether it is resumed."""

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class ZoneTools:
    """What every step that looks works with. `fast_s` is the first pause between looks, `margin_s` added to TTLs."""

    desk: ZoneDesk
    looker: ZoneLooker
    fast_s: float
    margin_s: float
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen, what it means, and the DS set it was judged by."""

    seen: ZoneSeen
    judged: Judged
    ds: tuple[Ds, ...]

    @property
    def detail(self) -> str:
        """What is waited for, for a person."""
        return "" if isinstance(self.judged, Open) else self.judged.detail


async def look_at(tools: ZoneTools, op: Operation, gate: str, record: ZoneRecord) -> Looked:
    """One look at the zone of `op`, judged by `gate` of its flow; something amiss holds the zone."""
    claimed = claimed_of(op)
    seen = await tools.looker.look(absolute(claimed.zone + "."))
    want, step = want_of(op, seen), f"{op.flow.name}/{gate}"
    keys_ttl_s = max(record.keys_ttl_s, seen.ttl_s(dns.rdatatype.DNSKEY))
    if isinstance(want, str):
        judged, streak = closed(step, seen, want)
    else:
        times = Times(ds_ttl_of(op), claimed.max_ttl_s, keys_ttl_s, tools.margin_s)
        judged, streak = judge(step, GATES[op.flow.name, gate], seen, want, times, record.streak)
    looked = Looked(seen, judged, streak.ds)
    await tools.desk.saw(op, claimed.zone, streak, looked.detail, keys_ttl_s)
    if isinstance(judged, Amiss):
        log.error("zone.amiss", zone=claimed.zone, op=op.ref.op, detail=judged.detail)
        await tools.desk.hold(claimed.zone, Hold(reason=judged.detail[:200], by="mesh", since=seen.at))
    return looked


def want_of(op: Operation, seen: ZoneSeen) -> Want | str:
    """What `op` is about, as far as it is known; or why it is not yet."""
    claimed, ds = claimed_of(op), ready_ds_of(op)
    former = frozenset(claimed.former)
    if ds is not None:
        return Want(former, frozenset(ds), claimed.parent)
    if seen.trouble:
        return seen.trouble
    taken_back = any(fact.name in ("failed", "cancelled") for fact in op.facts)
    found = intended(op.flow.name, seen, former)
    if isinstance(found, str) and (taken_back or (op.flow.name == "zone.sign" and not op.has("zone-signing"))):
        found = frozenset[Ds]()
    return found if isinstance(found, str) else Want(former, found, claimed.parent)


def wait(tools: ZoneTools, judged: Judged, elapsed_s: float) -> Wait:
    """When to look again, `elapsed_s` after the step began."""
    pause_s = pace(elapsed_s, tools.fast_s)
    match judged:
        case Lasting(until=until, detail=detail):
            left_s = until - tools.clock()
            return Wait(min(pause_s, max(left_s, tools.fast_s)), detail)
        case Closed(detail=detail) | Amiss(detail=detail):
            return Wait(pause_s, detail)
        case Open():
            raise AssertionError("an open gate is passed")
        case _ as never:
            assert_never(never)
