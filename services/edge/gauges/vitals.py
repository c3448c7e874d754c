"""How the bus is (`schemas.vitals`), in Prometheus' text format: what the notifier that sweeps saw last, whatever edge
is asked.

An edge that cannot read it shows nothing of it: an old number would say that all is well.
"""

from collections.abc import Iterable

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.errors import BusError
from schemas.base import UNREADABLE
from schemas.vitals import METRICS, VITALS_BUCKET, VITALS_KEY, Vitals, samples_of

log = structlog.stdlib.get_logger("edge")


class _Taken(Collector):
    """One record as metrics."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterable[Metric]:
        """Every sample, by metric."""
        families: dict[str, GaugeMetricFamily] = {}
        for sample in samples_of(self._vitals):
            family = families.get(sample.name)
            if family is None:
                family = GaugeMetricFamily(sample.name, METRICS[sample.name], labels=tuple(sample.labels))
                families[sample.name] = family
            family.add_metric(tuple(sample.labels.values()), sample.value)
        return families.values()


async def vitals_text(bus: Bus) -> bytes:
    """The exposition; empty while nobody has looked, or the bus is away."""
    try:
        entry = await Bucket(bus, VITALS_BUCKET, Vitals).get(VITALS_KEY)
    except (BusError, *UNREADABLE) as error:
        log.warning("vitals.unread", error=type(error).__name__)
        return b""
    if entry is None:
        return b""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Taken(entry.value))
    return generate_latest(registry)
