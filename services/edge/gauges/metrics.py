"""What one edge counts, in a registry of its own: requests as they end, and gauges that are read when asked for.

Labels are few and known: route templates, methods and statuses that we answer with, names of buckets. Nothing that a
client sends becomes a label, so nobody can make the registry grow. Whoever has something to show adds a `Gauge`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

UNMATCHED = "unmatched"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Gauge:
    """Something that `read` tells at once, when asked. Gauges of one name share `help`, `kind` and label names."""

    name: str
    help: str
    read: Callable[[], float]
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["gauge", "counter"] = "gauge"


class Metrics(Collector):
    """One edge's registry. `add` what should be shown; `text` is the exposition."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        labels = ("route", "method", "status")
        self._requests = Counter("mesh_http_requests", "Requests that ended", labels, registry=self._registry)
        self._seconds = Histogram(
            "mesh_http_request_seconds",
            "How long requests took",
            ("route",),
            registry=self._registry,
            buckets=BUCKETS_S,
        )
        self._known: dict[tuple[str, str, int], Callable[[float], None]] = {}
        self._gauges: list[Gauge] = []
        self._registry.register(self)

    def add(self, *gauges: Gauge) -> None:
        """Show these too."""
        self._gauges.extend(gauges)

    def ended(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request to `route` (a template of ours, or `UNMATCHED`) ended with `status` (0: nobody was answered)."""
        key = (route, method if method in METHODS else "other", status)
        note = self._known.get(key)
        if note is None:
            note = self._known[key] = self.noting(*key)
        note(seconds)

    def noting(self, route: str, method: str, status: int) -> Callable[[float], None]:
        """What notes that one more such request ended, after so many seconds."""
        counted = self._requests.labels(route, method, str(status))
        timed = self._seconds.labels(route)

        def note(seconds: float) -> None:
            counted.inc()
            timed.observe(seconds)

        return note

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """The gauges as they stand (asked by the registry)."""
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for gauge in self._gauges:
            family = families.get(gauge.name)
            if family is None:
                make = GaugeMetricFamily if gauge.kind == "gauge" else CounterMetricFamily
                family = families[gauge.name] = make(gauge.name, gauge.help, labels=tuple(gauge.labels))
            family.add_metric(tuple(gauge.labels.values()), gauge.read())
        return families.values()
