"""An operation as its owner sees it: facts folded to a public state. Pure."""

from collections.abc import Callable, Mapping
from typing import Literal, assert_never

import msgspec

from bus.operations.facts import Operation
from bus.operations.slip import Finished, Todo, Undo, position
from schemas.base import Wire, utc_text
from schemas.facts import (
    Activated,
    AnyFact,
    Failed,
    FailedDirty,
    Paused,
    Propagating,
    Published,
    Quarantined,
    Ready,
    Recorded,
    Registered,
    Retired,
    Rotated,
    Turned,
    Verified,
)
from schemas.flows import FlowName
from schemas.ids import OpId
from schemas.names import Name, parse_name
from schemas.problems import PROBLEMS
from schemas.refused import RequestRefused
from schemas.requests import FLOW_OF, FlowRequest, UsernameRegister, UsernameRotate

State = Literal[
    "accepted", "refused", "running", "waiting", "undoing", "succeeded", "failed", "cancelled", "failed-dirty"
]
FINISHED: frozenset[State] = frozenset({"refused", "succeeded", "failed", "cancelled", "failed-dirty"})

WAITING_FOR: Mapping[str, str] = {
    "seed-lost": "seed-lost",
    "pairing-offered": "pairing-pending",
    "waiting-for-signer": "signer-detached",
    "propagating": "dns-not-propagated",
    "zone-on-hold": "zone-held",
    "zone-waiting": "zone-gate-closed",
    "unknown": "payment-uncertain",
    "settled-late": "payment-settled-late",
}
"""What an operation whose newest fact is this note waits for, as a problem code."""


class FactView(Wire, frozen=True, kw_only=True):
    """One fact: its token, when it was stored (RFC 3339 UTC) and its LEDGER sequence."""

    fact: str
    at: str
    seq: int


class ProblemView(Wire, frozen=True, kw_only=True):
    """Why an operation failed, or what it waits for: a row of `schemas.problems` with this case's detail."""

    code: str
    title: str
    detail: str
    retryable: bool


class OperationView(Wire, frozen=True, kw_only=True):
    """The body of `GET /v1/operations/{id}`.

    `step` is the step that is pending, being undone, or failed. `result` is set once it succeeded. `seq` rises with
    every change; 0 means that the request is stored and that no worker has taken it yet or (`refused`) ever will.
    """

    id: OpId
    flow: FlowName
    state: State
    step: str | None
    facts: tuple[FactView, ...]
    problem: ProblemView | None
    result: dict[str, object] | None
    seq: int

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in FINISHED

    @property
    def etag(self) -> str:
        """A strong entity tag: the facts of an operation are all there is to it."""
        return f'"{self.id}-{self.seq or self.state}"'


def accepted(request: FlowRequest) -> OperationView:
    """A request that is stored and that no worker has taken yet."""
    return OperationView(
        id=request.op,
        flow=FLOW_OF[type(request)],
        state="accepted",
        step=None,
        facts=(),
        problem=None,
        result=None,
        seq=0,
    )


def refused(request: FlowRequest, why: RequestRefused) -> OperationView:
    """A request that no worker would take."""
    return msgspec.structs.replace(accepted(request), state="refused", problem=_row(why.code, why.detail))


def view(op: Operation) -> OperationView:
    """`op` as its owner sees it."""
    state, step = _state(op)
    return OperationView(
        id=op.ref.op,
        flow=op.flow.name,
        state=state,
        step=step,
        facts=tuple(FactView(fact=fact.name, at=utc_text(fact.at), seq=fact.seq) for fact in op.facts),
        problem=_problem(op, state),
        result=_RESULTS[op.flow.name](op) if state == "succeeded" else None,
        seq=op.last_seq,
    )


def _state(op: Operation) -> tuple[State, str | None]:
    where = position(op)
    match where:
        case Todo(step=step):
            return ("waiting" if op.facts[-1].name in WAITING_FOR else "running"), step.name
        case Undo(step=step):
            return "undoing", step.name
        case Finished(ending=ending):
            return ending, _failed_step(op)
    assert_never(where)


def _failed_step(op: Operation) -> str | None:
    for fact in reversed(op.facts):
        if isinstance(fact.body, Failed | FailedDirty):
            return fact.body.step
    return None


def _problem(op: Operation, state: State) -> ProblemView | None:
    if state == "waiting":
        return _row(WAITING_FOR[op.facts[-1].name], _how_far(op.facts[-1].body))
    for fact in reversed(op.facts):
        if isinstance(fact.body, FailedDirty):
            return _row("failed-dirty", fact.body.detail)
    for fact in op.facts:
        if isinstance(fact.body, Failed):
            return _row(fact.body.code, fact.body.detail)
        if fact.name == "cancelled":
            return _row("operation-cancelled", "")
    return None


def _how_far(note: AnyFact) -> str:
    """What a note says of how far the operation is; empty for one that says nothing of it."""
    if not isinstance(note, Propagating):
        return ""
    counted = f"{note.right} of {note.servers} authoritative servers are right"
    if note.settles_in_s is None:
        return f"{counted}; {note.detail}"
    return f"{counted}; {note.detail}; settled {note.settles_in_s:g} s after the last one is"


def _row(code: str, detail: str) -> ProblemView:
    row = PROBLEMS.get(code, PROBLEMS["internal"])
    return ProblemView(code=row.code, title=row.title, detail=detail or row.title, retryable=row.retryable)


def _node_result(op: Operation) -> dict[str, object]:
    registered, ready = op.body("registered"), op.body("ready")
    result: dict[str, object] = {}
    if isinstance(registered, Registered):
        result |= {"nodeId": registered.node_id, "network": registered.network, "how": registered.how}
    if isinstance(ready, Ready):
        result |= {"version": ready.version, "blockHeight": ready.block_height}
        result |= {} if ready.revision is None else {"revision": ready.revision}
    return result


def _name_result(op: Operation) -> dict[str, object]:
    result: dict[str, object] = {}
    if isinstance(op.request, UsernameRegister | UsernameRotate):
        result["nodeId"] = op.request.node_id
    if isinstance(live := op.body("activated") or op.body("rotated"), Activated | Rotated):
        name = parse_name(live.name)
        result |= {"name": live.name, "uri": live.uri, "revision": live.revision}
        result["display"] = name.display if isinstance(name, Name) else live.name
    if isinstance(verified := op.body("verified"), Verified):
        result |= _proof(verified)
    return result


def _release_result(op: Operation) -> dict[str, object]:
    result: dict[str, object] = {}
    if isinstance(rests := op.body("quarantined"), Quarantined):
        result |= {"name": rests.name, "quarantinedUntil": rests.until, "revision": rests.revision}
    if isinstance(retired := op.body("retired"), Retired):
        result |= {"nodeId": retired.node_id, "offerIds": list(retired.offer_ids)}
    return result


def _pause_result(op: Operation) -> dict[str, object]:
    if not isinstance(paused := op.body("paused"), Paused):
        return {}
    return {"name": paused.name, "offerExpiresAt": paused.offer_expires_at, "revision": paused.revision}


def _health_result(op: Operation) -> dict[str, object]:
    if not isinstance(turned := op.body("turned"), Turned):
        return {}
    return {"name": turned.name, "aspect": turned.aspect, "state": turned.state, "since": turned.since}


def _proof(verified: Verified) -> dict[str, object]:
    return {
        "verdict": verified.verdict,
        "validFrom": verified.valid_from,
        "validUntil": verified.valid_until,
        "authoritative": msgspec.to_builtins(verified.authoritative),
        "resolvers": msgspec.to_builtins(verified.resolvers),
    }


def _record_result(op: Operation) -> dict[str, object]:
    result: dict[str, object] = {}
    if isinstance(live := op.body("recorded"), Recorded):
        result |= {"name": live.name, "uri": live.uri, "revision": live.revision}
    if isinstance(published := op.body("published"), Published):
        result |= {"ttlS": published.ttl_s, "changed": published.changed}
    if isinstance(verified := op.body("verified"), Verified):
        result |= _proof(verified)
    return result


def _replaced_result(op: Operation) -> dict[str, object]:
    """The new version, and what was disabled of the one before."""
    replaced, retired = op.body("offer-replaced"), op.body("retired")
    result = {} if replaced is None else _told(replaced)
    return result | ({"offerIds": list(retired.offer_ids)} if isinstance(retired, Retired) else {})


def _last_result(op: Operation) -> dict[str, object]:
    return _told(op.facts[-1].body)


def _told(fact: AnyFact) -> dict[str, object]:
    return {name: value for name, value in msgspec.to_builtins(fact).items() if name != "fact"}


_RESULTS: Mapping[FlowName, Callable[[Operation], dict[str, object]]] = {
    "node.register": _node_result,
    "node.start": _last_result,
    "node.stop": _last_result,
    "node.restart": _last_result,
    "node.delete": _last_result,
    "node.turn": _last_result,
    "node.lag": _last_result,
    "payment.send": _last_result,
    "payment.watch": _last_result,
    "offer.create": _last_result,
    "payment.receive": _last_result,
    "invoice.create": _last_result,
    "offer.change": _replaced_result,
    "offer.disable": _last_result,
    "offer.enable": _last_result,
    "username.register": _name_result,
    "username.rotate": _name_result,
    "username.release": _release_result,
    "dns.publish": _record_result,
    "dns.withdraw": _release_result,
    "record.drift": _last_result,
    "record.heal": _last_result,
    "username.pause": _pause_result,
    "username.health": _health_result,
    "webhook.create": _last_result,
    "webhook.change": _last_result,
    "webhook.remove": _last_result,
    "webhook.rotate": _last_result,
    "webhook.ping": _last_result,
    "webhook.redeliver": _last_result,
    "webhook.disable": _last_result,
    "zone.sign": _last_result,
    "zone.unsign": _last_result,
    "zone.roll": _last_result,
    "zone.hold": _last_result,
    "zone.resume": _last_result,
}

__all__ = ["FINISHED", "WAITING_FOR", "FactView", "OperationView", "ProblemView", "accepted", "refused", "view"]
