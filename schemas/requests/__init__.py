"""What somebody asked for: bodies of `req.v1.<noun>.<verb>.<op>` (stream INGRESS)."""

from schemas.requests.asked import Cancel, Common, Network, Request
from schemas.requests.invoice import InvoiceCreate
from schemas.requests.name import UsernameHealth, UsernamePause, UsernameRegister, UsernameRelease, UsernameRotate
from schemas.requests.node import NodeDelete, NodeLag, NodeRegister, NodeRestart, NodeStart, NodeStop, NodeTurn
from schemas.requests.offer import OfferChange, OfferCreate, OfferDisable, OfferEnable
from schemas.requests.payment import PaymentSend, PaymentWatch, watch_of
from schemas.requests.receipt import PaymentReceive
from schemas.requests.record import DnsPublish, DnsWithdraw, DriftKind, RecordDrift, RecordHeal
from schemas.requests.table import FLOW_OF, AnyRequest, FlowRequest
from schemas.requests.webhook import (
    WebhookChange,
    WebhookCreate,
    WebhookDisable,
    WebhookPing,
    WebhookRedeliver,
    WebhookRemove,
    WebhookRotate,
)
from schemas.requests.zone import ZoneHold, ZoneResume, ZoneRoll, ZoneSign, ZoneUnsign

__all__ = [
    "FLOW_OF",
    "AnyRequest",
    "Cancel",
    "Common",
    "DnsPublish",
    "DnsWithdraw",
    "DriftKind",
    "FlowRequest",
    "InvoiceCreate",
    "Network",
    "NodeDelete",
    "NodeLag",
    "NodeRegister",
    "NodeRestart",
    "NodeStart",
    "NodeStop",
    "NodeTurn",
    "OfferChange",
    "OfferCreate",
    "OfferDisable",
    "OfferEnable",
    "PaymentReceive",
    "PaymentSend",
    "PaymentWatch",
    "RecordDrift",
    "RecordHeal",
    "Request",
    "UsernameHealth",
    "UsernamePause",
    "UsernameRegister",
    "UsernameRelease",
    "UsernameRotate",
    "WebhookChange",
    "WebhookCreate",
    "WebhookDisable",
    "WebhookPing",
    "WebhookRedeliver",
    "WebhookRemove",
    "WebhookRotate",
    "ZoneHold",
    "ZoneResume",
    "ZoneRoll",
    "ZoneSign",
    "ZoneUnsign",
    "watch_of",
]
