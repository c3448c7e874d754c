"""Every subject, spelled once (law 8). Tokens are `[a-z0-9-]`; ids never contain dots."""

from dataclasses import dataclass

from schemas.flows import FLOWS, WorkerName
from schemas.ids import OpId, Owner

WORKERS: tuple[WorkerName, ...] = ("node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier")

CANCEL = "cancel"
"""The verb that takes back an operation, whatever its noun."""

NOUNS: tuple[str, ...] = tuple(sorted({name.partition(".")[0] for name in FLOWS}))
"""What can be asked about."""

REQUESTS: frozenset[tuple[str, str]] = frozenset(
    {(noun, verb) for noun, _, verb in (name.partition(".") for name in FLOWS)} | {(noun, CANCEL) for noun in NOUNS}
)
"""Every (noun, verb) that we take; nobody may publish any other."""

RESOLVE = "query.v1.resolve"
"""Core request to any dnssec-verifier: resolve and validate a name."""


def request(noun: str, verb: str, op: OpId) -> str:
    """INGRESS: somebody asked for `verb` on a `noun`."""
    return f"req.v1.{noun}.{verb}.{op}"


def requests_of(noun: str) -> str:
    """INGRESS: everything asked about a `noun`."""
    return f"req.v1.{noun}.*.*"


def refused(op: str) -> str:
    """REFUSED: the newest request under `op` that was not taken, and why."""
    return f"refused.{op}"


def saga(owner: Owner, op: OpId, fact: str, next_worker: str) -> str:
    """LEDGER: what happened and who acts next."""
    return f"saga.{owner}.{op}.{fact}.{next_worker}"


def saga_of(owner: Owner, op: OpId) -> str:
    """LEDGER: every fact of one operation."""
    return f"saga.{owner}.{op}.>"


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


def seed_open(instance: str) -> str:
    """SEC account: a sealed box for one node-manager process."""
    return f"sec.seed.open.{instance}"


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


def parse_saga(subject: str) -> SagaSubject:
    """The parts of a LEDGER subject; ValueError for any other."""
    match subject.split("."):
        case ["saga", owner, op, fact, next_worker]:
            return SagaSubject(Owner(owner), OpId(op), fact, next_worker)
    raise ValueError(f"not a LEDGER subject: {subject}")
