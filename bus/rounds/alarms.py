"""What is alarming, said once when it begins, again every hour while it lasts, and once when it is over. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from schemas.vitals import ALERTS, Alert, Sample

AGAIN_S = 3600.0


@dataclass(frozen=True, slots=True)
class News:
    """Something to say about `alert`: `labels` tell which of its metric's values, `value` is that value now."""

    what: Literal["raised", "still", "over"]
    alert: Alert
    labels: Mapping[str, str]
    value: float


Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Alarms:
    """What was said when, by alert and labels."""

    said: dict[Key, float] = field(default_factory=dict)

    def hear(self, samples: Iterable[Sample], now: float) -> Iterator[News]:
        """What is to be said at `now` (unix seconds), when this is how things are."""
        known = tuple(samples)
        for alert in ALERTS:
            zero = any(sample.name == alert.unless_zero and not sample.value for sample in known)
            for sample in known:
                if sample.name == alert.metric:
                    yield from self._judge(alert, sample, now, is_alarming=sample.value > alert.above and not zero)

    def _judge(self, alert: Alert, sample: Sample, now: float, *, is_alarming: bool) -> Iterator[News]:
        key = (alert.name, tuple(sorted(sample.labels.items())))
        said = self.said.get(key)
        if not is_alarming:
            if said is not None:
                del self.said[key]
                yield News("over", alert, sample.labels, sample.value)
        elif said is None or now - said >= AGAIN_S:
            self.said[key] = now
            yield News("raised" if said is None else "still", alert, sample.labels, sample.value)


def rules() -> str:
    """The alerts as a Prometheus rules file (YAML)."""
    return "\n".join([_HEAD, *(_rule(alert) for alert in (*ALERTS, SILENT))]) + "\n"


SILENT = Alert(
    "Blind",
    "time() - mesh_vitals_timestamp_seconds",
    120,
    0,
    "page",
    "Nobody has looked at the bus for two minutes: no notifier works, or the bus is away",
)
"""Only for Prometheus: who does not look cannot say so."""

_HEAD = """# Made from schemas/vitals.py by `mesh alerts --write deploy/alerts.yml`; do not edit.
groups:
  - name: mesh
    rules:"""


def _rule(alert: Alert) -> str:
    expression = f"{alert.metric} > {alert.above:g}"
    if alert.unless_zero:
        expression += f" and on() {alert.unless_zero} > 0"
    return f"""      - alert: {alert.name}
        expr: {expression}
        for: {alert.for_s}s
        labels:
          severity: {alert.severity}
        annotations:
          summary: "{alert.summary}\""""
