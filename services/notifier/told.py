"""Which facts an owner is told, and which part of each: one table, complete over `schemas.facts.AnyFact`.

Only what is public or the owner's own goes in: no KV revisions but the one a client can demand, no provider ids, no
labels, digests or undo bookkeeping. A fact that is not told must say so with None.
"""

from collections.abc import Callable, Mapping

import msgspec

from bus.operations.chronicle import OwnerFact
from schemas import facts
from schemas.base import encode, utc_text
from schemas.flows import FLOWS
from schemas.notifications import Notification
from schemas.receivers import Receiver, receiver_of
from schemas.requests import (
    DnsPublish,
    DnsWithdraw,
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

MAX_BYTES = 15 * 1024
MAX_LIST = 12
MAX_TEXT = 200
"""A notification has to fit NOTIFY's 16 KiB; `GET /v1/operations/{id}` has the whole."""

Data = dict[str, object]


def _picked(*fields: str) -> Callable[[facts.AnyFact], Data]:
    """The named fields of a fact, spelled as on the wire, long texts and lists cut."""
    whole = _whole(*fields)
    return lambda fact: {name: _fitting(value) for name, value in whole(fact).items()}


def _whole(*fields: str) -> Callable[[facts.AnyFact], Data]:
    """Like `_picked`, for offers and URIs: half of one would be a trap."""

    def pick(fact: facts.AnyFact) -> Data:
        wire = dict(zip(fact.__struct_fields__, fact.__struct_encode_fields__, strict=True))
        return {wire[field]: msgspec.to_builtins(getattr(fact, field)) for field in fields}

    return pick


def _fitting(value: object) -> object:
    match value:
        case str():
            return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
        case list() | tuple():
            return [_fitting(item) for item in value[:MAX_LIST]]
        case dict():
            return {key: _fitting(item) for key, item in value.items()}
    return value


def _requested(fact: facts.AnyFact) -> Data:
    request = fact.request if isinstance(fact, facts.Requested) else None
    match request:
        case NodeRegister():
            return {"nodeId": request.node_id, "network": request.network}
        case NodeStart() | NodeStop() | NodeRestart() | NodeDelete() | NodeTurn() | NodeLag() | PaymentReceive():
            return {"nodeId": request.node_id}
        case InvoiceCreate():
            return {"nodeId": request.node_id, "amountMsat": request.amount_msat, "orderId": request.order_id}
        case PaymentWatch():
            return {"payment": request.payment, "nodeId": request.node_id}
        case PaymentSend():
            return {"nodeId": request.node_id, "to": _fitting(request.to), "amountMsat": request.amount_msat}
        case OfferCreate():
            return {"offerId": request.op, "nodeId": request.node_id, "orderId": request.order_id}
        case OfferChange() | OfferDisable() | OfferEnable():
            return {"offerId": request.offer_id}
        case UsernameRegister():
            return {"name": f"{request.username}@{request.domain}", "nodeId": request.node_id}
        case UsernameRotate():
            asked: Data = {"name": f"{request.username}@{request.domain}", "nodeId": request.node_id}
            return asked if request.expiring_at is None else {**asked, "expiringAt": request.expiring_at}
        case UsernamePause():
            return {"name": f"{request.username}@{request.domain}", "expiringAt": request.expiring_at}
        case UsernameRelease() | DnsPublish() | DnsWithdraw() | RecordDrift() | RecordHeal():
            return {"name": f"{request.username}@{request.domain}"}
        case UsernameHealth():
            return {"name": f"{request.username}@{request.domain}", "aspect": request.aspect}
        case WebhookCreate(url=url):
            receiver = receiver_of(url, allow_private=True)  # only the host: the rest may hold a token
            return {"host": receiver.host} if isinstance(receiver, Receiver) else {}
        case (
            WebhookChange(webhook_id=webhook_id)
            | WebhookRemove(webhook_id=webhook_id)
            | WebhookRotate(webhook_id=webhook_id)
            | WebhookPing(webhook_id=webhook_id)
            | WebhookRedeliver(webhook_id=webhook_id)
            | WebhookDisable(webhook_id=webhook_id)
        ):
            return {"webhookId": webhook_id}
        case (
            ZoneSign(zone=zone)
            | ZoneUnsign(zone=zone)
            | ZoneRoll(zone=zone)
            | ZoneHold(zone=zone)
            | ZoneResume(zone=zone)
        ):
            return {"zone": zone}
        case None:
            return {}


def _ds_change(fact: facts.AnyFact) -> Data:
    """What to enter at a registrar is told whole."""
    return {**_picked("zone", "ds", "how")(fact), **_whole("detail")(fact)}


TOLD: Mapping[type[facts.AnyFact], Callable[[facts.AnyFact], Data] | None] = {
    facts.Requested: _requested,
    facts.Failed: _picked("code", "detail", "step"),
    facts.Cancelled: _picked(),
    facts.FailedDirty: _picked("step", "detail"),
    facts.Opened: _picked("node_id"),
    facts.SeedLost: _picked("node_id"),
    facts.PairingOffered: _whole("node_id", "code"),
    facts.Registered: _picked("node_id", "network", "how"),
    facts.Scheduled: _picked("node_id"),
    facts.Narrowed: _picked("node_id", "methods"),
    facts.Ready: _picked("node_id", "version", "block_height"),
    facts.Forgotten: _picked("node_id"),
    facts.NodeStarted: _picked("node_id", "version", "block_height"),
    facts.NodeStopped: _picked("node_id"),
    facts.NodeStuck: _picked("node_id", "restarts"),
    facts.NodeLeaving: _picked("node_id"),
    facts.NodeKept: _picked("node_id"),
    facts.NodeUnused: _picked("node_id"),
    facts.NodeDeleted: _picked("node_id"),
    facts.NodeTurned: _picked("node_id", "state", "signer"),
    facts.NodeBehind: _picked("node_id", "block_height", "head_height", "lag"),
    facts.PayeeFound: _picked("node_id", "kind", "name", "valid_until"),
    facts.InvoiceReady: _picked("payment_hash", "amount_msat", "max_fee_msat", "expires_at", "payee", "description"),
    facts.Sending: _picked("node_id", "payment_hash", "reserved_msat"),
    facts.PaymentUnknown: _picked("payment_hash"),
    facts.Settled: _picked("node_id", "payment_hash", "amount_msat", "fee_msat"),
    facts.Unreserved: _picked("node_id"),
    facts.SettledLate: _picked("payment", "node_id", "payment_hash", "amount_msat", "fee_msat"),
    facts.PaymentWatched: None,
    facts.OfferClaimed: _picked("offer_id", "node_id"),
    facts.OfferUnclaimed: _picked("offer_id"),
    facts.OfferCreated: _whole("offer_id", "node_id", "offer", "order_id", "revision"),
    facts.InvoiceMade: _whole("node_id", "invoice", "payment_hash", "amount_msat", "expires_at", "order_id"),
    facts.Received: None,
    facts.Credited: _picked(
        "node_id",
        "payment_hash",
        "amount_msat",
        "paid_at",
        "invoice_id",
        "offer_id",
        "order_id",
        "duplicate",
        "description",
        "payer_note",
    ),
    facts.OfferChanging: _picked("offer_id", "node_id"),
    facts.OfferUnchanged: _picked("offer_id"),
    facts.OfferReplaced: _whole("offer_id", "node_id", "offer", "number", "revision"),
    facts.OfferClosing: _picked("offer_id", "node_id", "revision"),
    facts.OfferClosed: _picked("offer_id", "revision"),
    facts.OfferAnswering: _picked("node_id"),
    facts.OfferEnabled: _whole("offer_id", "node_id", "offer", "revision"),
    facts.Reserved: _picked("name"),
    facts.Released: _picked("name"),
    facts.Offered: _whole("node_id", "offer_id", "offer"),
    facts.WaitingForSigner: _picked("node_id"),
    facts.OfferDisabled: _picked("offer_ids"),
    facts.Composed: _whole("name", "owner_name", "uri", "ttl_s", "offer_expires_at"),
    facts.Published: _picked("owner_name", "zone", "ttl_s"),
    facts.Withdrawn: _picked("owner_name"),
    facts.Propagating: _picked("right", "servers", "detail", "settles_in_s"),
    facts.Authoritative: _picked("verdict", "valid_from", "valid_until", "settles_at", "zones", "probes"),
    facts.Verified: _picked("verdict", "valid_from", "valid_until", "visible", "took_s", "authoritative", "resolvers"),
    facts.Activated: _whole("name", "uri", "revision"),
    facts.Changing: _whole("name", "uri", "node_id", "offer_expires_at"),
    facts.Unchanged: _picked("name"),
    facts.Rotated: _whole("name", "uri", "node_id", "revision"),
    facts.Removed: _picked("owner_name", "zone", "ttl_s"),
    facts.Restored: _picked("owner_name", "ttl_s", "expired"),
    facts.Absent: _picked("verdict", "valid_from", "valid_until", "settles_at", "zones", "probes"),
    facts.Gone: _picked("verdict", "authoritative"),
    facts.Paused: _picked("name", "offer_expires_at", "revision"),
    facts.Turned: _picked("name", "aspect", "state", "was", "since", "reason", "what_to_do"),
    facts.Quarantined: _picked("name", "until", "revision"),
    facts.Retired: _picked("node_id", "offer_ids"),
    facts.Claimed: _picked("name"),
    facts.Unclaimed: _picked("name"),
    facts.Recorded: _whole("name", "uri", "revision"),
    facts.Drifted: _picked("name", "kind", "detail", "since", "repairs"),
    facts.Healed: _picked("name", "how", "since"),
    facts.WebhookCreated: _picked("webhook_id", "host"),
    facts.WebhookChanged: _picked("webhook_id", "host", "state"),
    facts.WebhookRemoved: _picked("webhook_id"),
    facts.WebhookRotated: _picked("webhook_id", "secret_version", "previous_until"),
    facts.WebhookPinged: _picked("webhook_id", "delivery_id", "accepted", "status", "error"),
    facts.WebhookRedelivered: _picked("webhook_id", "delivery_id"),
    facts.WebhookDisabled: _picked("webhook_id", "host", "reason", "failing_since"),
    facts.ZoneClaimed: _picked("zone", "signer", "parent", "former"),
    facts.ZoneFreed: _picked("zone"),
    facts.ZoneSigning: _whole("zone", "signer", "detail"),
    facts.ParentClear: _picked("zone", "evidence"),
    facts.ZonePrepared: _picked("zone", "signer", "parent"),
    facts.DsForsaken: _whole("zone", "detail"),
    facts.ZoneSigningStopped: _whole("zone", "detail"),
    facts.ZoneDsReady: _picked("zone", "ds", "evidence"),
    facts.DsSubmitted: _ds_change,
    facts.DsWithdrawn: _ds_change,
    facts.DsRestored: _ds_change,
    facts.DsAtParent: _picked("zone", "ds", "ttl_s", "evidence"),
    facts.OldDsExpired: _picked("zone", "former", "evidence"),
    facts.DsGone: _picked("zone", "evidence"),
    facts.ZoneSecure: _picked("zone", "ds", "evidence"),
    facts.ZoneInsecure: _picked("zone", "evidence"),
    facts.ZoneHeld: _picked("zone", "reason"),
    facts.ZoneResumed: _picked("zone"),
    facts.ZoneOnHold: _picked("zone", "reason"),
    facts.ZoneWaiting: _picked("zone", "step", "detail"),
}

CODES: Mapping[type[facts.AnyFact], str] = {
    facts.Cancelled: "operation-cancelled",
    facts.FailedDirty: "failed-dirty",
    facts.SeedLost: "seed-lost",
    facts.NodeStuck: "node-stuck",
    facts.NodeBehind: "node-behind",
    facts.WaitingForSigner: "signer-detached",
    facts.Paused: "name-paused",
    facts.PaymentUnknown: "payment-uncertain",
    facts.SettledLate: "payment-settled-late",
    facts.WebhookDisabled: "webhook-disabled",
    facts.Drifted: "dns-drift",
    facts.ZoneOnHold: "zone-held",
    facts.ZoneWaiting: "zone-gate-closed",
}
"""The problem code that goes with a fact; `failed` carries its own."""


def notification_of(news: OwnerFact) -> Notification | None:
    """What an owner is told about a fact; None for a silent one. The id is deterministic: `<op>:<LEDGER sequence>`."""
    fact = news.fact
    project = TOLD[type(fact.body)]
    if project is None or (isinstance(fact.body, facts.Requested) and FLOWS[fact.body.flow].unannounced):
        return None
    code = fact.body.code if isinstance(fact.body, facts.Failed) else CODES.get(type(fact.body))
    told = Notification(
        id=f"{news.op}:{fact.seq}",
        type=f"{news.flow}.{fact.name}",
        op=news.op,
        at=utc_text(fact.at),
        data=project(fact.body),
        code=code,
    )
    # What cannot be written would hold up everything after it: the owner is told without the particulars.
    return told if len(encode(told)) <= MAX_BYTES else msgspec.structs.replace(told, data={"truncated": True})
