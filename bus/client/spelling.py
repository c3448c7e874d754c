"""How JetStream's JSON API spells the rows of `bus.tables.streams`, and what of them it can never change."""

from collections.abc import Mapping

from bus.tables.streams import ConsumerSpec, StreamSpec
from schemas.settings import Settings

NANO = 1_000_000_000

Api = dict[str, object]
"""A configuration as JetStream's JSON API spells it."""


def stream_config(spec: StreamSpec, settings: Settings) -> Api:
    """`spec` as JetStream's API spells it."""
    config: Api = {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "retention": "limits",
        "storage": "file",
        "discard": "new" if spec.discard_new else "old",
        "num_replicas": settings.replicas,
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": spec.max_bytes,
        "max_age": int(spec.max_age_s * NANO),
        "max_msgs_per_subject": spec.max_per_subject,
        "max_msg_size": spec.max_msg_bytes,
        "duplicate_window": int(spec.duplicate_window_s * NANO),
        "deny_delete": spec.append_only and not spec.erasable,
        "deny_purge": spec.append_only,
        "allow_rollup_hdrs": spec.schedules,
        "allow_direct": spec.allow_direct,
    }
    if spec.republish:
        config["republish"] = {"src": spec.republish.src, "dest": spec.republish.dest}
    if spec.ttl:
        config["allow_msg_ttl"] = True
    if spec.schedules:
        config["allow_msg_schedules"] = True
    return config


def consumer_config(spec: ConsumerSpec, settings: Settings) -> Api:
    """`spec` as JetStream's API spells it. No `backoff` list: a nak's delay owns that; `ack_wait` catches the dead."""
    config: Api = {
        "name": spec.name,
        "durable_name": spec.name,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "replay_policy": "instant",
        "ack_wait": int(settings.ack_wait_s * NANO),
        "max_deliver": spec.max_deliver,
        "max_ack_pending": spec.max_ack_pending,
    }
    if spec.filter:
        config["filter_subject"] = spec.filter
    return config


UNCHANGEABLE: Mapping[str, frozenset[str]] = {
    "stream": frozenset({"storage", "retention"}),
    "consumer": frozenset({"deliver_policy", "ack_policy"}),
}
"""What JetStream cannot change on an existing stream or consumer: a human decides, we never delete data."""
