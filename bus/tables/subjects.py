"""Every subject, spelled once (law 8). Tokens are `[a-z0-9-]`; ids never contain dots."""

from dataclasses import dataclass

from schemas.flows import FAILED_DIRTY, FLOWS, NOBODY, REQUESTED, WorkerName
from schemas.ids import OpId, Owner

WORKERS: tuple[WorkerName, ...] = ("node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier")

CANCEL = "cancel"
"""The verb that takes back an operation, whatever its noun."""

ASKED_OF_ITSELF = frozenset(
    {
        ("node", "lag"),
        ("node", "restart"),
        ("node", "turn"),
        ("payment", "receive"),
        ("record", "drift"),
        ("record", "heal"),
        ("username", "health"),
        ("username", "pause"),
        ("webhook", "disable"),
    }
)
"""Operations that only their first worker opens, of its own accord."""

_ASKED = {(noun, verb) for noun, _, verb in (name.partition(".") for name in FLOWS)} - ASKED_OF_ITSELF

NOUNS: tuple[str, ...] = tuple(sorted({noun for noun, _ in _ASKED}))
"""What can be asked about."""

REQUESTS: frozenset[tuple[str, str]] = frozenset(_ASKED | {(noun, CANCEL) for noun, _ in _ASKED})
"""Every (noun, verb) that we take; nobody may publish any other."""

FOR_OPERATORS = frozenset({"dns", "zone"})
"""Nouns that only operators ask about: an edge asks once it knows who it is, and no other service may."""

EVERYTHING = ">"
"""Any subject of a stream."""

RELAY = "relay"
"""Who is meant by an alarm that wants an operation told and folded: the notifier, but not as a worker of its steps."""

RESOLVE = "query.v1.resolve"
"""Core request to any dnssec-verifier: resolve and validate a name."""

VERIFY_PROOF = "query.v1.verify-proof"
"""Core request to any dnssec-verifier: does this proof of a name hold?"""

ZONE_LOOK = "query.v1.zone-look"
"""Core request of the dns-publisher to any dnssec-verifier: is the gate before this change of a zone open now?"""


def request(noun: str, verb: str, op: OpId) -> str:
    """INGRESS: somebody asked for `verb` on a `noun`."""
    return f"req.v1.{noun}.{verb}.{op}"


def requests_of(noun: str) -> str:
    """INGRESS: everything asked about a `noun`."""
    return f"req.v1.{noun}.*.*"


def asked_under(verb: str, op: str) -> str:
    """INGRESS: every request of `verb` under one operation id, whatever its noun."""
    return f"req.v1.*.{verb}.{op}"


def refused(op: str) -> str:
    """REFUSED: the newest request under `op` that was not taken, and why."""
    return f"refused.{op}"


def saga(owner: Owner, op: OpId, fact: str, next_worker: str) -> str:
    """LEDGER: what happened and who acts next."""
    return f"saga.{owner}.{op}.{fact}.{next_worker}"


def saga_of(owner: Owner, op: OpId) -> str:
    """LEDGER: every fact of one operation."""
    return f"saga.{owner}.{op}.>"


def dirty_sagas() -> str:
    """LEDGER: the last fact of every operation that could not be fully taken back."""
    return f"saga.*.*.{FAILED_DIRTY}.{NOBODY}"


def late_settlements() -> str:
    """LEDGER: every note that a payment which was called failed was paid after all."""
    [note] = FLOWS["payment.watch"].notes
    return f"saga.*.*.{note}.{NOBODY}"


def opened_by(owner: Owner, worker: WorkerName) -> str:
    """LEDGER: the first fact of every operation of one owner that `worker` opened."""
    return f"saga.{owner}.*.{REQUESTED}.{worker}"


def sagas_of(owner: Owner) -> str:
    """LEDGER: every fact of every operation of one owner."""
    return f"saga.{owner}.>"


def fact_news(op: OpId) -> str:
    """Core: what LEDGER and REFUSED republish for one operation, `op.<op>.<fact>` and `op.<op>.refused`."""
    return f"op.{op}.*"


def timer(worker: str, op: OpId) -> str:
    """TIMERS: the schedule; one per worker and operation."""
    return f"timer.{worker}.{op}"


def tick(worker: str, op: OpId) -> str:
    """TIMERS: the alarm itself: read the facts and decide, nothing more."""
    return f"tick.{worker}.{op}"


def delivery_timer(delivery_id: str) -> str:
    """TIMERS: the schedule of one webhook delivery."""
    return f"timer.webhook.{delivery_id}"


def delivery_tick(delivery_id: str) -> str:
    """TIMERS: the alarm of one webhook delivery."""
    return f"tick.webhook.{delivery_id}"


def notification(owner: Owner) -> str:
    """NOTIFY: what an owner is told."""
    return f"ntf.{owner}"


def live(owner: Owner) -> str:
    """Core: NOTIFY's republish for one owner."""
    return f"live.{owner}"


def history(owner: Owner) -> str:
    """HISTORY: an owner's finished operations."""
    return f"hist.{owner}"


def dead_letter(stream: str, consumer: str) -> str:
    """DLQ: what `consumer` of `stream` could not handle."""
    return f"dlq.{stream}.{consumer}"


def mirrored(identity: str, token: str) -> str:
    """Core: what a bucket's mirror hears; `token` names one consumer and nobody can guess it."""
    return f"mirror.{identity}.{token}"


WEBHOOK_SECRET = "sec.webhook.secret"  # noqa: S105  a subject
"""SEC account: core request to any notifier for the secret of a webhook."""


NODE_HOOK = "sec.node.hook"
"""SEC account: core request to any node-manager with what Greenlight posted about a node; it may hold a preimage."""


def seed_open(instance: str) -> str:
    """SEC account: a sealed box for one node-manager process."""
    return f"sec.seed.open.{instance}"


def door_device(instance: str) -> str:
    """SEC account: a device to register, from one node-manager process."""
    return f"sec.door.device.{instance}"


def door_answer(instance: str) -> str:
    """SEC account: a sealed answer for one node-manager process."""
    return f"sec.door.answer.{instance}"


def door_hold(op: OpId) -> str:
    """SEC account: whoever holds the door of one operation open."""
    return f"sec.door.hold.{op}"


def seed_hold(op: OpId) -> str:
    """SEC account: whoever holds the seed of one operation."""
    return f"sec.seed.hold.{op}"


@dataclass(frozen=True, slots=True)
class RequestSubject:
    """An INGRESS subject taken apart; `op` is whatever its last token says."""

    noun: str
    verb: str
    op: str


def parse_request(subject: str) -> RequestSubject:
    """The parts of an INGRESS subject; ValueError for any other."""
    match subject.split("."):
        case ["req", "v1", noun, verb, op]:
            return RequestSubject(noun, verb, op)
    raise ValueError(f"not an INGRESS subject: {subject}")


@dataclass(frozen=True, slots=True)
class SagaSubject:
    """A LEDGER subject taken apart."""

    owner: Owner
    op: OpId
    fact: str
    next: str


def operation_of(subject: str) -> str:
    """The token that names the operation in a subject of INGRESS, LEDGER or TIMERS; empty for any other."""
    match subject.split("."):
        case ["req", "v1", _, _, op] | ["saga", _, op, _, _] | ["tick" | "timer", _, op]:
            return op
    return ""


def parse_saga(subject: str) -> SagaSubject:
    """The parts of a LEDGER subject; ValueError for any other."""
    match subject.split("."):
        case ["saga", owner, op, fact, next_worker]:
            return SagaSubject(Owner(owner), OpId(op), fact, next_worker)
    raise ValueError(f"not a LEDGER subject: {subject}")
