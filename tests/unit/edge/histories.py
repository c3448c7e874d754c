"""Every way an operation of every flow can go, made by the routing slip itself from sample facts."""

import typing
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec

from bus.operations import slip
from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.slip import Finished, Todo, Undo
from schemas import facts
from schemas.facts import AnyFact, Requested, fact_name
from schemas.flows import FLOWS, Flow, FlowName
from schemas.ids import OpId, Owner
from schemas.offers import OfferTerms, TermsChange
from schemas.requests import (
    Common,
    DnsPublish,
    DnsWithdraw,
    FlowRequest,
    InvoiceCreate,
    NodeDelete,
    NodeLag,
    NodeRegister,
    NodeRestart,
    NodeStart,
    NodeStop,
    NodeTurn,
    OfferChange,
    OfferCreate,
    OfferDisable,
    OfferEnable,
    PaymentReceive,
    PaymentSend,
    PaymentWatch,
    RecordDrift,
    RecordHeal,
    UsernameHealth,
    UsernamePause,
    UsernameRegister,
    UsernameRelease,
    UsernameRotate,
    WebhookChange,
    WebhookCreate,
    WebhookDisable,
    WebhookPing,
    WebhookRedeliver,
    WebhookRemove,
    WebhookRotate,
    ZoneHold,
    ZoneResume,
    ZoneRoll,
    ZoneSign,
    ZoneUnsign,
)

OWNER = Owner("o" * 26)
OP = OpId("p" * 26)
NODE = "02" + "ab" * 32
PROBE = facts.Probe(server="127.0.0.3:53", transport="udp", ok=True, detail="right")
TERMS = OfferTerms(description="tea", amount_msat="7000", single_use=True)

_COMMON: Common = {
    "op": OP,
    "owner": OWNER,
    "pubkey": "aa" * 32,
    "body_sha256": "bb" * 32,
    "asked_at": "2026-01-01T00:00:00Z",
}
REQUESTS: dict[FlowName, FlowRequest] = {
    "node.register": NodeRegister(**_COMMON, node_id=NODE, network="regtest"),
    "node.start": NodeStart(**_COMMON, node_id=NODE),
    "node.stop": NodeStop(**_COMMON, node_id=NODE),
    "node.restart": NodeRestart(**_COMMON, node_id=NODE),
    "node.delete": NodeDelete(**_COMMON, node_id=NODE),
    "node.turn": NodeTurn(**_COMMON, node_id=NODE, state="synced", signer="attached"),
    "node.lag": NodeLag(**_COMMON, node_id=NODE, block_height=1, head_height=7, lag=6),
    "payment.send": PaymentSend(**_COMMON, node_id=NODE, to="bob@shop.test", amount_msat="7"),
    "payment.watch": PaymentWatch(
        **_COMMON,
        node_id=NODE,
        payment=OP,
        payment_hash="cc" * 32,
        amount_msat="7",
        expires_at=7,
    ),
    "offer.create": OfferCreate(**_COMMON, node_id=NODE, terms=TERMS, order_id="7"),
    "invoice.create": InvoiceCreate(**_COMMON, node_id=NODE, description="tea", expiry_s=3600),
    "payment.receive": PaymentReceive(
        **_COMMON,
        node_id=NODE,
        payment_hash="cc" * 32,
        amount_msat="7",
        paid_at=7,
        pay_index=7,
    ),
    "offer.change": OfferChange(**_COMMON, offer_id=OP, change=TermsChange(description="coffee")),
    "offer.disable": OfferDisable(**_COMMON, offer_id=OP),
    "offer.enable": OfferEnable(**_COMMON, offer_id=OP),
    "username.register": UsernameRegister(**_COMMON, username="alice", domain="shop.test", node_id=NODE),
    "username.rotate": UsernameRotate(**_COMMON, username="alice", domain="shop.test", node_id=NODE),
    "username.release": UsernameRelease(**_COMMON, username="alice", domain="shop.test"),
    "dns.publish": DnsPublish(**_COMMON, username="alice", domain="shop.test", uri="bitcoin:?lno=lno1q", ttl_s=300),
    "dns.withdraw": DnsWithdraw(**_COMMON, username="alice", domain="shop.test"),
    "record.drift": RecordDrift(
        **_COMMON, username="alice", domain="shop.test", kind="ttl", detail="x", since=1.0, repairs=False
    ),
    "record.heal": RecordHeal(**_COMMON, username="alice", domain="shop.test", how="repaired", since=1.0),
    "username.pause": UsernamePause(**_COMMON, username="alice", domain="shop.test", expiring_at=7),
    "username.health": UsernameHealth(
        **_COMMON,
        username="alice",
        domain="shop.test",
        aspect="dns",
        state="down",
        was="ok",
        since="2026-01-01T00:00:00.000Z",
        reason="record-missing",
    ),
    "webhook.create": WebhookCreate(**_COMMON, url="https://shop.example/hook?token=t"),
    "webhook.change": WebhookChange(**_COMMON, webhook_id=OP, enabled=True),
    "webhook.remove": WebhookRemove(**_COMMON, webhook_id=OP),
    "webhook.rotate": WebhookRotate(**_COMMON, webhook_id=OP),
    "webhook.ping": WebhookPing(**_COMMON, webhook_id=OP),
    "webhook.redeliver": WebhookRedeliver(**_COMMON, webhook_id=OP, delivery_id=OP),
    "webhook.disable": WebhookDisable(**_COMMON, webhook_id=OP, reason="gone", failing_since=1.0),
    "zone.sign": ZoneSign(**_COMMON, zone="shop.test"),
    "zone.unsign": ZoneUnsign(**_COMMON, zone="shop.test"),
    "zone.roll": ZoneRoll(**_COMMON, zone="shop.test"),
    "zone.hold": ZoneHold(**_COMMON, zone="shop.test", reason="a storm"),
    "zone.resume": ZoneResume(**_COMMON, zone="shop.test"),
}

FACTS: dict[str, type[AnyFact]] = {str(kind.__struct_config__.tag): kind for kind in typing.get_args(AnyFact)}


def sample(name: str, flow: FlowName = "username.register") -> AnyFact:
    """A fact called `name`, every field set to something of its type."""
    kind = FACTS[name]
    if kind is Requested:
        return Requested(flow=flow, flow_version=1, request=REQUESTS[flow])
    hints = typing.get_type_hints(kind)
    make: Callable[..., AnyFact] = kind
    return make(**{field.name: _value(field.name, hints[field.name]) for field in msgspec.structs.fields(kind)})


def _value(name: str, hint: object) -> object:
    known: dict[str, object] = {
        "name": "alice@shop.test",
        "network": "regtest",
        "undo_from": None,
        "code": "name-taken",
        "accepted": True,
        "terms": TERMS,
    }
    if name in known:
        return known[name]
    if hint is str:
        return f"some {name}"
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)[0]
    if hint is bool:
        return True
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)[0]
    if hint in (int, float):
        return 7
    if typing.get_origin(hint) is tuple:
        return (PROBE,) if typing.get_args(hint)[0] is facts.Probe else (f"one of {name}",)
    return 7 if int in typing.get_args(hint) else None


def begun(flow: FlowName) -> Operation:
    """An operation of `flow` that was just opened."""
    return Operation(
        OpRef(OWNER, OP), (StoredFact("requested", FLOWS[flow].first_worker, sample("requested", flow), 10, 1e9),)
    )


def with_fact(op: Operation, fact: AnyFact) -> Operation:
    """`op` after `fact` was committed as the slip says."""
    commit = slip.advance(op, fact)
    seq = op.last_seq + 3
    return replace(op, facts=(*op.facts, StoredFact(fact_name(fact), commit.next, fact, seq, 1e9 + seq)))


def histories(flow: Flow) -> Iterator[Operation]:
    """Every prefix of every history of `flow`: notes anywhere, failure (clean or not) and cancel at every step, undo,
    and an undo that cannot be done."""
    yield from _onwards(begun(flow.name))


def _onwards(op: Operation) -> Iterator[Operation]:
    yield op
    match slip.position(op):
        case Finished():
            return
        case Undo(step=step):
            yield from _onwards(with_fact(op, sample(step.undone or "")))
            yield with_fact(op, facts.FailedDirty(step=step.name, detail="somebody else's record"))
        case Todo(step=step):
            for note in op.flow.notes:
                if not op.has(note):
                    yield with_fact(op, sample(note))
            if not slip.is_past_pivot(op):
                for clean in (True, False):
                    yield from _onwards(with_fact(op, slip.failed(op, step, "step-timeout", "late", clean=clean)))
                yield from _onwards(with_fact(op, slip.cancelled(op, step)))
            yield from _onwards(with_fact(op, sample(step.done, op.flow.name)))
