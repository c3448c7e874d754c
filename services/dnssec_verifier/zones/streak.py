"""How long a gate was seen open: one look after the other, as a pure decision (`schemas.records.Streak`).

A look that finds the gate closed, other keys, or a pause between two looks in which anything may have happened begins
it anew, so that what has to last is what was seen to last.
"""

from dataclasses import dataclass

from schemas.facts import Evidence
from schemas.records import Streak
from schemas.zones import Ds
from services.dnssec_verifier.zones.conditions import Want, amiss
from services.dnssec_verifier.zones.gates import Gate, Times
from services.dnssec_verifier.zones.seen import ZoneSeen

LONGEST_PAUSE_S = 600.0
AMISS_LOOKS = 3
"""So many looks in a row, and a zone in which something is amiss is held."""


@dataclass(frozen=True, slots=True)
class Open:
    """The gate may be passed."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Lasting:
    """The gate is open, and has to stay so until `until` (unix s) at least."""

    until: float
    detail: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Something is missing."""

    detail: str


@dataclass(frozen=True, slots=True)
class Amiss:
    """Somebody has to look before anything goes on."""

    detail: str


Judged = Open | Lasting | Closed | Amiss


def missing(gate: Gate, seen: ZoneSeen, want: Want) -> str | None:
    """The first thing that keeps `gate` closed; None if it is open."""
    if seen.trouble:
        return seen.trouble
    return next((detail for condition in gate.conditions if (detail := condition(seen, want)) is not None), None)


def closed(step: str, seen: ZoneSeen, detail: str) -> tuple[Judged, Streak]:
    """There is nothing yet that a gate could be judged by."""
    return Closed(detail), Streak(step=step, since=seen.at, at=seen.at, looks=0)


def judge(
    step: str, gate: Gate, seen: ZoneSeen, want: Want, times: Times, before: Streak | None
) -> tuple[Judged, Streak]:
    """What this look means after those of `before`, and the streak with it."""
    ds = tuple(sorted(want.ds))
    wrong, detail = amiss(seen, want), missing(gate, seen, want)
    count = 0 if wrong is None else 1 + (before.amiss if before is not None and before.step == step else 0)
    if detail is not None or wrong is not None:
        broken = Streak(step=step, since=seen.at, at=seen.at, looks=0, ds=ds, amiss=count)
        if wrong is not None and count >= AMISS_LOOKS:
            return Amiss(wrong), broken
        return Closed(detail or wrong or ""), broken
    streak = _going_on(step, seen.at, ds, before)
    lasting = gate.lasting(seen, times)
    until = streak.since + lasting.seconds
    if seen.at < until or streak.looks < gate.looks:
        return Lasting(until, lasting.because), streak
    evidence = Evidence(
        since=streak.since,
        at=seen.at,
        looks=streak.looks,
        lasting_s=lasting.seconds,
        because=lasting.because,
        probes=seen.probes,
    )
    return Open(evidence), streak


def _going_on(step: str, at: float, ds: tuple[Ds, ...], before: Streak | None) -> Streak:
    goes_on = (
        before is not None
        and (before.step, before.ds) == (step, ds)
        and before.looks > 0
        and 0 <= at - before.at <= LONGEST_PAUSE_S
    )
    if before is None or not goes_on:
        return Streak(step=step, since=at, at=at, looks=1, ds=ds)
    return Streak(step=step, since=before.since, at=at, looks=before.looks + 1, ds=ds)
