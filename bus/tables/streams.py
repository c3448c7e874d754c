"""The table of streams, buckets and consumers (law 8): what the bus is made of, as data, and nothing that acts.

Every stream keeps by limits; none but TIMERS lets a header roll up or schedule, because whoever may publish to a stream
that does can erase it or write elsewhere in it. `bus.servers.topology` makes the server agree with this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bus.tables.subjects import NOUNS, RELAY, WORKERS, requests_of
from schemas.flows import FLOWS, WorkerName

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True)
class Republish:
    """Every stored message that matches `src` is also sent to core subject `dest`."""

    src: str
    dest: str


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One stream. Times in seconds, sizes in bytes; 0 or -1 is the server's own 'no limit'."""

    name: str
    subjects: tuple[str, ...]
    max_age_s: float = 0
    max_bytes: int = -1
    max_per_subject: int = -1
    max_msg_bytes: int = -1
    duplicate_window_s: float = 10 * MINUTE
    republish: Republish | None = None
    allow_direct: bool = False
    append_only: bool = True
    schedules: bool = False
    ttl: bool = False
    discard_new: bool = False
    erasable: bool = False


@dataclass(frozen=True, slots=True)
class BucketSpec:
    """One key-value bucket: stream `KV_<name>`, one value a key. `ttl` allows a TTL per key.

    A key that nobody writes for `max_age_s` is gone; past `max_bytes` the longest unwritten go first. What stands in an
    `erasable` one may be overwritten on disk by its writer, which removing a key does not do. All are on disk:
    a memory stream of one replica is gone, configuration and all, when its server restarts.
    """

    name: str
    ttl: bool = False
    max_age_s: float = 0
    max_bytes: int = -1
    erasable: bool = False

    @property
    def stream(self) -> str:
        """The stream that holds it."""
        return f"KV_{self.name}"


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """One durable pull consumer: explicit acks, and nobody but `owner` may read it.

    The server counts a delivery for every worker that died with the message in flight, whatever it died of: many in a
    minute of a storm. So `max_deliver`, after which the server gives up, is far above `max_failures`, with which
    a worker at which the message fails gives it up itself; what kills is convicted by its deaths
    (`bus.workers.trials`).
    """

    stream: str
    name: str
    filter: str
    owner: WorkerName
    max_deliver: int = 48
    max_failures: int = 7
    max_ack_pending: int = 64


STREAMS: tuple[StreamSpec, ...] = (
    StreamSpec(
        "INGRESS",
        tuple(requests_of(noun) for noun in NOUNS),
        max_age_s=7 * DAY,
        max_msg_bytes=64 * KIB,
        allow_direct=True,
    ),
    StreamSpec(
        "REFUSED",
        ("refused.*",),
        max_age_s=7 * DAY,
        max_bytes=64 * MIB,
        max_per_subject=1,
        max_msg_bytes=2 * KIB,
        republish=Republish("refused.*", "op.{{wildcard(1)}}.refused"),
        allow_direct=True,
    ),
    StreamSpec(
        "LEDGER",
        ("saga.>",),
        max_age_s=30 * DAY,
        max_per_subject=1,
        max_msg_bytes=128 * KIB,
        republish=Republish("saga.*.*.*.*", "op.{{wildcard(2)}}.{{wildcard(3)}}"),
        allow_direct=True,
    ),
    StreamSpec("HISTORY", ("hist.*",), max_msg_bytes=64 * KIB, allow_direct=True),
    StreamSpec(
        "TIMERS",
        ("timer.*.*", "tick.*.*"),
        max_age_s=7 * DAY,
        max_per_subject=1,
        max_msg_bytes=4 * KIB,
        schedules=True,
        ttl=True,
        append_only=False,
    ),
    StreamSpec(
        "NOTIFY",
        ("ntf.*",),
        max_age_s=30 * DAY,
        max_per_subject=500,
        max_msg_bytes=16 * KIB,
        duplicate_window_s=2 * HOUR,
        republish=Republish("ntf.*", "live.{{wildcard(1)}}"),
        allow_direct=True,
    ),
    StreamSpec("DLQ", ("dlq.*.*",), max_age_s=90 * DAY, max_bytes=256 * MIB, allow_direct=True, append_only=False),
    StreamSpec(
        "ADVISORY",
        (
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
            "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
        ),
        max_age_s=90 * DAY,
        max_bytes=64 * MIB,
        append_only=False,
    ),
)

BUCKETS: tuple[BucketSpec, ...] = (
    BucketSpec("names"),
    BucketSpec("holdings"),
    BucketSpec("nodes"),
    BucketSpec("credentials", erasable=True),
    BucketSpec("balances"),
    BucketSpec("watches"),
    BucketSpec("purses"),
    BucketSpec("receipts"),
    BucketSpec("sweeps"),
    BucketSpec("offers"),
    BucketSpec("offer-places"),
    BucketSpec("node-views"),
    BucketSpec("published"),
    BucketSpec("dns-marks", ttl=True),
    BucketSpec("dns-limits", ttl=True),
    BucketSpec("drift"),
    BucketSpec("zone-checks"),
    BucketSpec("dns-health"),
    BucketSpec("node-health"),
    BucketSpec("proofs"),
    BucketSpec("keys", ttl=True),
    BucketSpec("leases", ttl=True),
    BucketSpec("replay", ttl=True),
    BucketSpec("sessions", ttl=True),
    BucketSpec("cursors", ttl=True),
    BucketSpec("operator-keys"),
    BucketSpec("trials", ttl=True),
    BucketSpec("vitals"),
    BucketSpec("webhooks"),
    BucketSpec("zones"),
    # Longer than LEDGER keeps what is listed.
    BucketSpec("lists", max_age_s=35 * DAY),
    # Longer than NOTIFY keeps what a delivery is made of, so that none is made twice.
    BucketSpec("deliveries", max_age_s=35 * DAY, max_bytes=512 * MIB),
)


def steps_durable(worker: str) -> str:
    """The durable on LEDGER that brings `worker` its steps; `notifier` itself takes every fact there is."""
    return "notifier-steps" if worker == "notifier" else worker


FIRST_NOUNS: Mapping[str, str] = {"node-manager": "node", "offer-builder": "username", "notifier": "webhook"}
"""The nouns whose durables are called by their worker alone: on a bus that stands a durable keeps its name."""


def ingress_durable(worker: str, noun: str) -> str:
    """The durable on INGRESS of the worker that opens operations on `noun`; a worker may have several nouns."""
    return f"ingress-{worker}" if FIRST_NOUNS.get(worker) == noun else f"ingress-{worker}-{noun}"


def tick_durable(worker: str) -> str:
    """The durable on TIMERS that brings `worker` its alarms."""
    return f"tick-{worker}"


ADVISORY_DURABLE = "advisory-notifier"
WEBHOOKS_DURABLE = "webhooks"
"""On NOTIFY: what is told becomes deliveries."""
RELAY_DURABLE = "tick-relay"
"""On TIMERS: an operator wants what was not told to be told."""
DELIVERIES_DURABLE = "tick-webhook"
"""On TIMERS: the alarms of deliveries."""


def _consumers() -> tuple[ConsumerSpec, ...]:
    ingress = (
        ConsumerSpec("INGRESS", ingress_durable(flow.first_worker, noun), requests_of(noun), flow.first_worker)
        for noun, flow in sorted({flow.name.split(".")[0]: flow for flow in FLOWS.values()}.items())
        if noun in NOUNS
    )
    ledger = (ConsumerSpec("LEDGER", steps_durable(worker), f"saga.*.*.*.{worker}", worker) for worker in WORKERS)
    ticks = (ConsumerSpec("TIMERS", tick_durable(worker), f"tick.{worker}.*", worker) for worker in WORKERS)
    watching = (
        ConsumerSpec("LEDGER", "notifier", "saga.>", "notifier"),
        ConsumerSpec("ADVISORY", ADVISORY_DURABLE, "", "notifier"),
        ConsumerSpec("NOTIFY", WEBHOOKS_DURABLE, "ntf.*", "notifier"),
        ConsumerSpec("TIMERS", RELAY_DURABLE, f"tick.{RELAY}.*", "notifier"),
        ConsumerSpec("TIMERS", DELIVERIES_DURABLE, "tick.webhook.*", "notifier"),
    )
    return (*ingress, *ledger, *ticks, *watching)


CONSUMERS: tuple[ConsumerSpec, ...] = _consumers()


def bucket(name: str) -> BucketSpec:
    """The bucket called `name`; KeyError if there is none."""
    for spec in BUCKETS:
        if spec.name == name:
            return spec
    raise KeyError(name)


def consumer(stream: str, name: str) -> ConsumerSpec:
    """The durable `name` on `stream`; KeyError if there is none."""
    for spec in CONSUMERS:
        if (spec.stream, spec.name) == (stream, name):
            return spec
    raise KeyError(name)


def all_streams() -> tuple[StreamSpec, ...]:
    """The streams, and those that hold the buckets."""
    return (*STREAMS, *(_bucket_stream(spec) for spec in BUCKETS))


def stream_of(subject: str) -> str:
    """The stream that stores `subject`; KeyError if none does."""
    for spec in all_streams():
        if any(matches(pattern, subject) for pattern in spec.subjects):
            return spec.name
    raise KeyError(subject)


def matches(pattern: str, subject: str) -> bool:
    """Whether `pattern` (`*` is one token, a last `>` is one or more) covers `subject`, itself perhaps a pattern."""
    want, have = pattern.split("."), subject.split(".")
    for index, part in enumerate(want):
        if part == ">":
            return len(have) > index
        if index >= len(have) or have[index] == ">" or part not in ("*", have[index]):
            return False
    return len(want) == len(have)


def _bucket_stream(spec: BucketSpec) -> StreamSpec:
    return StreamSpec(
        spec.stream,
        (f"$KV.{spec.name}.>",),
        max_age_s=spec.max_age_s,
        max_bytes=spec.max_bytes,
        max_per_subject=1,
        max_msg_bytes=64 * KIB,
        duplicate_window_s=2 * MINUTE,
        allow_direct=True,
        ttl=spec.ttl,
        discard_new=spec.max_bytes < 0,
        erasable=spec.erasable,
    )
