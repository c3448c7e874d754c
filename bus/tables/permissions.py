"""Who may say and hear what: exact subjects per identity, generated from the tables of streams, consumers and flows.

Nothing here is written by hand that a table already says. Anyone not listed may do nothing; each identity hears only
its own inbox. Subject permissions cannot restrict headers, hence no stream but TIMERS obeys rollups or schedules, and
not where an answer goes, hence the accounts of `bus.tables.accounts`.

What remains: `topology` may do anything to a stream; whoever may set an alarm can erase or replace those of others
(the sweeper wakes what stalls); who may make a mirror's consumer can have that bucket's entries delivered to whoever
hears `mirror.*`, `live.*` or `op.*.*`, which is to edges and to followers of operations, and to nobody else.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from bus.tables import subjects
from bus.tables.identities import ALL_IDENTITIES, APP_IDENTITIES, SEC_IDENTITIES
from bus.tables.streams import BUCKETS, CONSUMERS, ConsumerSpec
from schemas.flows import CANCELLED, FAILED, FAILED_DIRTY, FLOWS, NOBODY, REQUESTED, Flow
from schemas.ids import OpId

API = "$JS.API"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one identity may publish and subscribe. `answers` lets it reply once to a request it was sent."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    answers: bool = False


BUCKET_WRITERS: dict[str, tuple[str, ...]] = {
    "names": ("offer-builder",),
    "holdings": ("offer-builder",),
    "offers": ("offer-builder",),
    "offer-places": ("offer-builder",),
    "nodes": ("node-manager",),
    "credentials": ("node-manager",),
    "balances": ("node-manager",),
    "watches": ("node-manager",),
    "purses": ("node-manager",),
    "receipts": ("node-manager",),
    "sweeps": ("node-manager",),
    "node-views": ("node-manager",),
    "published": ("dns-publisher",),
    "dns-marks": ("dns-publisher",),
    "dns-limits": ("dns-publisher",),
    "drift": ("dns-publisher",),
    "zone-checks": ("dns-publisher",),
    "dns-health": ("dnssec-verifier",),
    "node-health": ("node-manager",),
    "proofs": ("dnssec-verifier",),
    "keys": ("node-manager",),
    "leases": subjects.WORKERS,
    "replay": ("edge",),
    "sessions": ("edge",),
    "cursors": ("edge",),
    "operator-keys": ("operator",),
    "trials": subjects.WORKERS,
    "vitals": ("notifier",),
    "webhooks": ("notifier",),
    "deliveries": ("notifier",),
    "lists": ("notifier",),
    "zones": ("dnssec-verifier",),
}
"""One writer each (DESIGN §5), but for leases, which are what several compete for, and for those shared out."""

BUCKETS_SHARED_OUT = frozenset({"trials"})
"""Buckets in which each writer has the keys below its own name, and no other's."""

BUCKET_READERS: dict[str, tuple[str, ...]] = {
    "holdings": (),
    "offers": ("edge", "node-manager"),
    "offer-places": (),
    "names": ("edge", "node-manager", "dns-publisher", "dnssec-verifier"),
    "nodes": (),
    "credentials": (),
    "node-views": ("edge",),
    "balances": ("edge",),
    "watches": (),
    "purses": ("edge",),
    "receipts": (),
    "sweeps": ("notifier",),
    "published": ("offer-builder", "dnssec-verifier", "edge"),
    "dns-marks": (),
    "dns-limits": (),
    "drift": ("edge", "notifier"),
    "zone-checks": ("edge",),
    "dns-health": ("edge", "offer-builder"),
    "node-health": ("edge", "offer-builder"),
    "proofs": (),
    "keys": ("edge",),
    "leases": (),
    "replay": (),
    "sessions": (),
    "cursors": (),
    "operator-keys": ("edge",),
    "trials": (),
    "vitals": ("edge",),
    "webhooks": ("edge",),
    "deliveries": ("edge",),
    "lists": ("edge",),
    "zones": ("dns-publisher", "edge"),
}

BUCKET_MIRRORS: dict[str, tuple[str, ...]] = {
    "edge": ("names", "node-views", "balances", "purses", "offers"),
    "node-manager": ("balances", "names", "node-views", "purses", "watches"),
    "dnssec-verifier": ("names",),
}
"""Who may make the consumer of a mirror: nothing in these is secret. Credentials are in `nodes`, its writer's alone."""

LEADER_READS: dict[str, tuple[str, ...]] = {
    "edge": ("INGRESS", "LEDGER", "NOTIFY", "HISTORY"),
    "notifier": ("INGRESS", "LEDGER", "TIMERS", "NOTIFY", "HISTORY", "DLQ"),
}
"""Streams an identity may read message by message, asking the leader; workers read LEDGER only."""

DIRECT_READS: dict[str, tuple[str, ...]] = {
    "edge": ("REFUSED",),
    **{consumer.owner: ("REFUSED",) for consumer in CONSUMERS if consumer.stream == "INGRESS"},
    "operator": ("DLQ", "INGRESS", "LEDGER"),
    "shopstr": ("INGRESS", "LEDGER", "REFUSED"),
}
"""Streams of which an identity may read the copies only (direct get): what it follows, never what it decides on."""


@functools.cache
def permissions_of(identity: str) -> Permissions:
    """Everything `identity` may do; KeyError for an identity that does not exist."""
    if identity not in ALL_IDENTITIES:
        raise KeyError(identity)
    publish, subscribe = set(_publish(identity)), {f"_INBOX.{identity}.>", *_SUBSCRIBE.get(identity, ())}
    if identity in BUCKET_MIRRORS:
        subscribe.add(subjects.mirrored(identity, "*"))
    answers = identity in ("dnssec-verifier", "sec-node-manager", "sec-notifier")
    return Permissions(tuple(sorted(publish)), tuple(sorted(subscribe)), answers)


_QUESTIONS = (subjects.RESOLVE, subjects.VERIFY_PROOF)

_SUBSCRIBE: dict[str, tuple[str, ...]] = {
    "edge": ("live.*", "op.*.*"),
    "shopstr": ("op.*.*",),
    "dnssec-verifier": (*_QUESTIONS, subjects.ZONE_LOOK),
    "sec-node-manager": (
        subjects.seed_open("*"),
        "sec.seed.hold.*",
        subjects.door_device("*"),
        subjects.door_answer("*"),
        subjects.door_hold(OpId("*")),
        subjects.NODE_HOOK,
    ),
    "sec-notifier": (subjects.WEBHOOK_SECRET,),
}

_REQUESTS = tuple(sorted(subjects.request(noun, verb, OpId("*")) for noun, verb in subjects.REQUESTS))

_SELLERS_REQUESTS = tuple(
    sorted(
        subjects.request(noun, verb, OpId("*"))
        for noun, verb in subjects.REQUESTS
        if noun not in subjects.FOR_OPERATORS
    )
)

_LOOKING = (
    *(f"{API}.STREAM.INFO.{stream}" for stream in ("DLQ", "LEDGER", "REFUSED")),
    *(f"{API}.CONSUMER.INFO.{consumer.stream}.{consumer.name}" for consumer in CONSUMERS),
    *sorted({f"{API}.STREAM.MSG.GET.{consumer.stream}" for consumer in CONSUMERS}),
)
"""What the notifier reads to know how the bus is (`bus.rounds.vitals`)."""

_EXTRA_PUBLISH: dict[str, tuple[str, ...]] = {
    "edge": (*_REQUESTS, *_QUESTIONS),
    "dns-publisher": (subjects.ZONE_LOOK,),
    "shopstr": (*_SELLERS_REQUESTS, *_QUESTIONS),
    "topology": (f"{API}.>", "$JS.SNAPSHOT.RESTORE.>", "$JS.SNAPSHOT.ACK.>"),
    "notifier": (
        "ntf.*",
        "hist.*",
        "tick.*.*",
        subjects.delivery_timer("*"),
        "dlq.*.*",
        subjects.refused("*"),
        *_LOOKING,
    ),
    "operator": (
        *_REQUESTS,
        *(subjects.tick(looker, OpId("*")) for looker in (*subjects.WORKERS, subjects.RELAY)),
        subjects.delivery_tick("*"),
        f"{API}.STREAM.MSG.DELETE.DLQ",
        f"{API}.STREAM.MSG.GET.INGRESS",
    ),
    "sec-edge": (
        subjects.seed_open("*"),
        subjects.door_device("*"),
        subjects.door_answer("*"),
        subjects.WEBHOOK_SECRET,
        subjects.NODE_HOOK,
    ),
    "sec-node-manager": ("sec.seed.hold.*", subjects.door_hold(OpId("*"))),
    "node-manager": (subjects.RESOLVE,),
    "metrics": tuple(f"$SYS.REQ.SERVER.PING.{page}" for page in ("STATSZ", "JSZ", "HEALTHZ")),
}


def _publish(identity: str) -> Iterator[str]:
    yield from _EXTRA_PUBLISH.get(identity, ())
    if identity in subjects.WORKERS:
        yield from _worker(identity)
    for stream in LEADER_READS.get(identity, ()):
        yield from _reads(stream)
    for stream in DIRECT_READS.get(identity, ()):
        yield from _copies(stream)
    yield from _buckets(identity)


def _worker(worker: str) -> Iterator[str]:
    yield from _facts(worker)
    yield subjects.tick(worker, OpId("*"))
    yield subjects.timer(worker, OpId("*"))
    yield from _reads("LEDGER")
    for consumer in CONSUMERS:
        if consumer.owner == worker:
            yield from _consumer(consumer)
            if consumer.stream == "INGRESS":
                yield subjects.refused("*")


def _facts(worker: str) -> Iterator[str]:
    for flow in FLOWS.values():
        for fact, following in _addressed(flow, worker):
            yield f"saga.*.*.{fact}.{following}"


def _addressed(flow: Flow, worker: str) -> Iterator[tuple[str, str]]:
    """(fact, next) pairs that `worker` may commit in `flow`; anyone who may have to undo can be next."""
    own = [step for step in flow.steps if step.worker == worker]
    if not own:
        return
    undoing = {NOBODY, *(step.worker for step in flow.steps if step.undone)}
    steps = flow.steps
    for step in own:
        index = steps.index(step) + 1
        after = steps[index].worker if index < len(steps) else NOBODY
        yield from ((step.done, following) for following in {after, *undoing})
        if step.undone:
            yield from ((step.undone, following) for following in undoing)
    yield from ((FAILED, following) for following in undoing)
    yield from ((note, NOBODY) for note in flow.notes)
    yield FAILED_DIRTY, NOBODY
    if worker == flow.first_worker:
        yield REQUESTED, worker
        yield from ((CANCELLED, following) for following in undoing)


def _copies(stream: str) -> Iterator[str]:
    yield f"{API}.DIRECT.GET.{stream}"
    yield f"{API}.DIRECT.GET.{stream}.>"


def _reads(stream: str) -> Iterator[str]:
    yield from _copies(stream)
    yield f"{API}.STREAM.MSG.GET.{stream}"


def _consumer(consumer: ConsumerSpec) -> Iterator[str]:
    stream, name = consumer.stream, consumer.name
    yield f"{API}.CONSUMER.MSG.NEXT.{stream}.{name}"
    yield f"{API}.CONSUMER.INFO.{stream}.{name}"
    yield f"$JS.ACK.{stream}.{name}.>"
    yield f"$JS.ACK.*.*.{stream}.{name}.>"
    yield subjects.dead_letter(stream, name)


def _buckets(identity: str) -> Iterator[str]:
    for spec in BUCKETS:
        writes, reads = identity in BUCKET_WRITERS[spec.name], identity in BUCKET_READERS[spec.name]
        if writes:
            yield f"$KV.{spec.name}.{identity}.>" if spec.name in BUCKETS_SHARED_OUT else f"$KV.{spec.name}.>"
        if writes or reads:
            yield from _reads(spec.stream)
        if writes and spec.erasable:
            yield f"{API}.STREAM.MSG.DELETE.{spec.stream}"
        if spec.name in BUCKET_MIRRORS.get(identity, ()):
            yield from _mirror(spec.name, spec.stream)


def _mirror(name: str, stream: str) -> Iterator[str]:
    yield f"{API}.CONSUMER.CREATE.{stream}.*.$KV.{name}.>"
    yield f"{API}.STREAM.INFO.{stream}"
    yield f"$JS.FC.{stream}.>"
    yield f"$JS.FC.*.*.{stream}.>"


__all__ = [
    "ALL_IDENTITIES",
    "APP_IDENTITIES",
    "BUCKET_MIRRORS",
    "BUCKET_READERS",
    "BUCKET_WRITERS",
    "DIRECT_READS",
    "SEC_IDENTITIES",
    "Permissions",
    "permissions_of",
]
