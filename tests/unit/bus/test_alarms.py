"""What is alarming: said once, again every hour, and when it is over; the tables and the rules file agree."""

from pathlib import Path

import msgspec
import pytest

from bus.rounds.alarms import AGAIN_S, SILENT, Alarms, News, rules
from schemas.vitals import ALERTS, METRICS, ConsumerVitals, Sample, Vitals, samples_of

QUIET = Vitals(
    at=1.0,
    dead_letters=0,
    refused=0,
    unfinished=0,
    oldest_unfinished_s=0.0,
    failed_dirty=0,
    consumers=(
        ConsumerVitals(stream="S", consumer="c", pending=0, unacknowledged=0, redelivered=0, oldest_s=0.0),
        ConsumerVitals(stream="S", consumer="d", pending=0, unacknowledged=0, redelivered=0, oldest_s=0.0),
    ),
)
ROOT = Path(__file__).parents[3]


def heard(alarms: Alarms, vitals: Vitals, now: float) -> list[tuple[str, str]]:
    return [(news.what, news.alert.name) for news in alarms.hear(samples_of(vitals), now)]


def with_(**fields: float) -> Vitals:
    return msgspec.structs.replace(QUIET, **fields)


def test_it_is_said_once_again_every_hour_and_when_it_is_over() -> None:
    alarms, letters = Alarms(), with_(dead_letters=1)
    assert heard(alarms, QUIET, 0) == []
    assert heard(alarms, letters, 10) == [("raised", "DeadLetters")]
    assert heard(alarms, letters, 10 + AGAIN_S - 1) == []
    assert heard(alarms, letters, 10 + AGAIN_S) == [("still", "DeadLetters")]
    assert heard(alarms, letters, 11 + AGAIN_S) == []
    assert heard(alarms, QUIET, 12 + AGAIN_S) == [("over", "DeadLetters")]
    assert heard(alarms, QUIET, 13 + AGAIN_S) == []
    assert heard(alarms, letters, 14 + AGAIN_S) == [("raised", "DeadLetters")]


def test_each_durable_has_its_own() -> None:
    alarms = Alarms()
    slow = msgspec.structs.replace(QUIET.consumers[0], oldest_s=601.0)
    one = msgspec.structs.replace(QUIET, consumers=(slow, QUIET.consumers[1]))
    both = msgspec.structs.replace(QUIET, consumers=(slow, msgspec.structs.replace(slow, consumer="d")))
    (first,) = alarms.hear(samples_of(one), 0)
    (second,) = alarms.hear(samples_of(both), 1)
    assert (first.what, first.labels["consumer"], second.labels["consumer"]) == ("raised", "c", "d")
    (over,) = alarms.hear(samples_of(one), 2)
    assert (over.what, over.labels["consumer"]) == ("over", "d")


def test_what_an_operator_has_dealt_with_is_silent() -> None:
    alarms = Alarms()
    assert heard(alarms, with_(failed_dirty=1), 0) == []
    assert ("raised", "FailedDirty") in heard(alarms, with_(failed_dirty=1, dead_letters=1), 1)
    assert ("over", "FailedDirty") in heard(alarms, with_(failed_dirty=1), 2)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_exactly_the_threshold_is_not_alarming(alert: object) -> None:
    row = next(one for one in ALERTS if one is alert)
    others = (Sample("mesh_dead_letters", 1),) if row.metric != "mesh_dead_letters" else ()

    def news(value: float) -> list[News]:
        said = Alarms().hear((Sample(row.metric, value), *others), 0)
        return [one for one in said if one.alert == row]

    assert news(row.above) == []
    assert len(news(row.above + 1)) == 1


def test_every_metric_is_shown_and_every_alert_is_about_one() -> None:
    assert {sample.name for sample in samples_of(QUIET)} == set(METRICS)
    for alert in ALERTS:
        assert {alert.metric, alert.unless_zero} <= {*METRICS, ""}
    assert any(name in SILENT.metric for name in METRICS)


def test_the_rules_file_is_the_tables() -> None:
    assert (ROOT / "deploy/alerts.yml").read_text() == rules()
