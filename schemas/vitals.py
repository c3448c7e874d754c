"""How the bus is, in numbers: what the notifier keeps in the bucket `vitals`, what `/metrics` shows, what is alarming.

Three tables that cannot disagree: the record, the metrics read from it, and the alerts over those metrics, from which
both the notifier's `alert` events and `deploy/alerts.yml` are made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from schemas.base import Wire

VITALS_BUCKET, VITALS_KEY = "vitals", "bus"
"""Where the notifier keeps the newest record."""
SWEEPS_BUCKET, SWEEPS_KEY = "sweeps", "offers"
"""Where node-manager counts the offers that it swept."""


class ConsumerVitals(Wire, frozen=True, kw_only=True):
    """One durable: messages not yet delivered, delivered and not acknowledged, of these delivered more than once.

    `oldest_s` is the age in seconds of the oldest message that is not acknowledged (0: there is none). One that the
    server gave up counts among them while anything else is outstanding.
    """

    stream: str
    consumer: str
    pending: int
    unacknowledged: int
    redelivered: int
    oldest_s: float


class Vitals(Wire, frozen=True, kw_only=True):
    """Taken at `at` (unix seconds). `oldest_unfinished_s` is the age of the oldest operation that is not finished.

    `refused` counts operation ids whose newest request was not taken (7 days), `failed_dirty` operations that could
    not be fully taken back (30 days), `drifted` records that somebody else changed and that do not stand as published,
    `settled_late` payments that were called failed and turned out within the last day to have been paid, `swept_offers`
    offers that nobody needed and that were disabled on their node, ever.
    """

    at: float
    dead_letters: int
    refused: int
    unfinished: int
    oldest_unfinished_s: float
    failed_dirty: int
    drifted: int = 0
    settled_late: int = 0
    swept_offers: int = 0
    consumers: tuple[ConsumerVitals, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one metric."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


METRICS: Mapping[str, str] = {
    "mesh_vitals_timestamp_seconds": "When the notifier last looked at the bus (unix seconds)",
    "mesh_dead_letters": "Messages that nobody could handle",
    "mesh_refused_requests": "Operation ids whose newest request was not taken",
    "mesh_unfinished_operations": "Operations that are not finished",
    "mesh_oldest_unfinished_operation_seconds": "Age of the oldest operation that is not finished",
    "mesh_failed_dirty_operations": "Operations that could not be fully taken back",
    "mesh_drifted_records": "Payment records that somebody else changed at their provider, seen twice",
    "mesh_settled_late_payments": "Payments that were called failed and turned out to be paid, in the last day",
    "mesh_swept_offers": "Offers that nobody needed and that were disabled on their node, ever",
    "mesh_pending_messages": "Messages not yet delivered to a durable",
    "mesh_unacknowledged_messages": "Messages delivered to a durable and not acknowledged",
    "mesh_redelivered_messages": "Messages delivered more than once to a durable and not acknowledged",
    "mesh_oldest_unacknowledged_seconds": "Age of the oldest message that a durable has not acknowledged",
}
"""Every gauge, with its help text."""


def samples_of(vitals: Vitals) -> Iterator[Sample]:
    """Every gauge's value."""
    yield Sample("mesh_vitals_timestamp_seconds", vitals.at)
    yield Sample("mesh_dead_letters", vitals.dead_letters)
    yield Sample("mesh_refused_requests", vitals.refused)
    yield Sample("mesh_unfinished_operations", vitals.unfinished)
    yield Sample("mesh_oldest_unfinished_operation_seconds", vitals.oldest_unfinished_s)
    yield Sample("mesh_failed_dirty_operations", vitals.failed_dirty)
    yield Sample("mesh_drifted_records", vitals.drifted)
    yield Sample("mesh_settled_late_payments", vitals.settled_late)
    yield Sample("mesh_swept_offers", vitals.swept_offers)
    for one in vitals.consumers:
        labels = {"stream": one.stream, "consumer": one.consumer}
        yield Sample("mesh_pending_messages", one.pending, labels)
        yield Sample("mesh_unacknowledged_messages", one.unacknowledged, labels)
        yield Sample("mesh_redelivered_messages", one.redelivered, labels)
        yield Sample("mesh_oldest_unacknowledged_seconds", one.oldest_s, labels)


@dataclass(frozen=True, slots=True)
class Alert:
    """Alarming is `metric` above `above`, while `unless_zero` (if set) is not zero, for `for_s` seconds."""

    name: str
    metric: str
    above: float
    for_s: int
    severity: Literal["page", "ticket"]
    summary: str
    unless_zero: str = ""


ALERTS: tuple[Alert, ...] = (
    Alert("DeadLetters", "mesh_dead_letters", 0, 0, "ticket", "Messages lie in DLQ: mesh dlq list"),
    Alert(
        "FailedDirty",
        "mesh_failed_dirty_operations",
        0,
        0,
        "page",
        "An operation left something behind that we cannot remove, and its dead letter still lies there",
        unless_zero="mesh_dead_letters",
    ),
    Alert(
        "Drift",
        "mesh_drifted_records",
        0,
        0,
        "ticket",
        "Payment records do not stand as we published them: somebody else changed their zone",
    ),
    Alert(
        "SettledLate",
        "mesh_settled_late_payments",
        0,
        0,
        "page",
        "A payment that was called failed was paid: somebody may have paid twice, or delivered nothing",
    ),
    Alert("Redeliveries", "mesh_redelivered_messages", 16, 300, "ticket", "A worker keeps failing or dying"),
    Alert("StuckConsumer", "mesh_oldest_unacknowledged_seconds", 600, 60, "page", "A worker does not get on"),
    Alert(
        "StuckOperation",
        "mesh_oldest_unfinished_operation_seconds",
        6 * 3600,
        0,
        "ticket",
        "An operation is not finished although all its steps' times are up",
    ),
)
