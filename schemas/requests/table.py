"""Every request, and the flow that it starts."""

from schemas.flows import FlowName
from schemas.requests.asked import Cancel, Request
from schemas.requests.invoice import InvoiceCreate
from schemas.requests.name import UsernameHealth, UsernamePause, UsernameRegister, UsernameRelease, UsernameRotate
from schemas.requests.node import NodeDelete, NodeLag, NodeRegister, NodeRestart, NodeStart, NodeStop, NodeTurn
from schemas.requests.offer import OfferChange, OfferCreate, OfferDisable, OfferEnable
from schemas.requests.payment import PaymentSend, PaymentWatch
from schemas.requests.receipt import PaymentReceive
from schemas.requests.record import DnsPublish, DnsWithdraw, RecordDrift, RecordHeal
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

FlowRequest = (
    NodeRegister
    | NodeStart
    | NodeStop
    | NodeRestart
    | NodeDelete
    | NodeTurn
    | NodeLag
    | PaymentSend
    | PaymentWatch
    | OfferCreate
    | PaymentReceive
    | InvoiceCreate
    | OfferChange
    | OfferDisable
    | OfferEnable
    | UsernameRegister
    | UsernameRotate
    | UsernameRelease
    | UsernamePause
    | UsernameHealth
    | DnsPublish
    | DnsWithdraw
    | RecordDrift
    | RecordHeal
    | WebhookCreate
    | WebhookChange
    | WebhookRemove
    | WebhookRotate
    | WebhookPing
    | WebhookRedeliver
    | WebhookDisable
    | ZoneSign
    | ZoneUnsign
    | ZoneRoll
    | ZoneHold
    | ZoneResume
)


AnyRequest = FlowRequest | Cancel


FLOW_OF: dict[type[Request], FlowName] = {
    NodeRegister: "node.register",
    NodeStart: "node.start",
    NodeStop: "node.stop",
    NodeRestart: "node.restart",
    NodeDelete: "node.delete",
    NodeTurn: "node.turn",
    NodeLag: "node.lag",
    PaymentSend: "payment.send",
    PaymentWatch: "payment.watch",
    OfferCreate: "offer.create",
    PaymentReceive: "payment.receive",
    InvoiceCreate: "invoice.create",
    OfferChange: "offer.change",
    OfferDisable: "offer.disable",
    OfferEnable: "offer.enable",
    UsernameRegister: "username.register",
    UsernameRotate: "username.rotate",
    UsernameRelease: "username.release",
    UsernamePause: "username.pause",
    UsernameHealth: "username.health",
    DnsPublish: "dns.publish",
    DnsWithdraw: "dns.withdraw",
    RecordDrift: "record.drift",
    RecordHeal: "record.heal",
    WebhookCreate: "webhook.create",
    WebhookChange: "webhook.change",
    WebhookRemove: "webhook.remove",
    WebhookRotate: "webhook.rotate",
    WebhookPing: "webhook.ping",
    WebhookRedeliver: "webhook.redeliver",
    WebhookDisable: "webhook.disable",
    ZoneSign: "zone.sign",
    ZoneUnsign: "zone.unsign",
    ZoneRoll: "zone.roll",
    ZoneHold: "zone.hold",
    ZoneResume: "zone.resume",
}
