"""What somebody asked for: bodies of `req.v1.<noun>.<verb>.<op>` (stream INGRESS)."""

from typing import Literal

from schemas.base import Wire
from schemas.flows import FlowName
from schemas.health import AspectName, HealthState
from schemas.ids import OpId, Owner
from schemas.nodes import Door, NodeState, SignerState
from schemas.zones import ParentKind

Network = Literal["bitcoin", "testnet", "signet", "regtest"]

DriftKind = Literal["missing", "changed", "second", "ttl", "blocked"]
"""How a record differs from what we published: gone; another content; a second payment record; another TTL; something
stands there that makes the name mean another place (CNAME, NS)."""


class Request(Wire, frozen=True, kw_only=True, tag_field="type"):
    """What every request carries: the operation it starts, whose it is, and a digest of what the client sent.

    `body_sha256` is lower-case hex over the canonical body, so that a reused Idempotency-Key with another body is seen.
    `pubkey` is the owner's Nostr public key (64 hex; empty in what nobody but ourselves asked for), `asked_at` is
    RFC 3339 UTC.
    """

    op: OpId
    owner: Owner
    pubkey: str
    body_sha256: str
    asked_at: str
    traceparent: str | None = None


class NodeRegister(Request, frozen=True, kw_only=True, tag="node.register.v1"):
    """Register (or recover) a node. `node_id` is its compressed public key (66 hex).

    By its `door`: `seed`, the seed was handed to a node-manager over the sealed transport; `challenge`, the answers of
    the owner's device were; `pairing`, the owner's wallet will be asked to approve a device of ours; `cln`,
    a client certificate of the owner's own Core Lightning was handed to a node-manager.
    """

    node_id: str
    network: Network
    invite_code: str = ""
    door: Door = "seed"


class NodeStart(Request, frozen=True, kw_only=True, tag="node.start.v1"):
    """Have the owner's node `node_id` (66 hex) run."""

    node_id: str


class NodeStop(Request, frozen=True, kw_only=True, tag="node.stop.v1"):
    """Shut the owner's node `node_id` (66 hex) down; whatever needs it next starts it again."""

    node_id: str


class NodeDelete(Request, frozen=True, kw_only=True, tag="node.delete.v1"):
    """Forget the credentials for the owner's node `node_id` (66 hex); the node itself stays the owner's."""

    node_id: str


class NodeRestart(Request, frozen=True, kw_only=True, tag="node.restart.v1"):
    """Stop and start a node that runs and answers nothing; node-manager asks this of itself."""

    node_id: str


class NodeTurn(Request, frozen=True, kw_only=True, tag="node.turn.v1"):
    """Tell the owner that their node has turned to `state`; node-manager asks this of itself."""

    node_id: str
    state: NodeState
    signer: SignerState


class PaymentSend(Request, frozen=True, kw_only=True, tag="payment.send.v1"):
    """Pay `to` (`₿user@domain`, a BOLT 12 offer, a BOLT 11 invoice) from the owner's node `node_id` (66 hex), once.

    Amounts in msat: `amount_msat` None: what the payee asks for; `max_fee_msat` None: `schemas.payments.fee_limit`.
    """

    node_id: str
    to: str
    amount_msat: str | None = None
    max_fee_msat: str | None = None
    payer_note: str | None = None

    def __repr__(self) -> str:
        return f"PaymentSend(op={self.op!r}, node_id={self.node_id!r})"  # whom somebody pays is theirs to tell


class UsernameRegister(Request, frozen=True, kw_only=True, tag="username.register.v1"):
    """Make `₿username@domain` pay the owner's node `node_id` (66 hex)."""

    username: str
    domain: str
    node_id: str


class UsernameRotate(Request, frozen=True, kw_only=True, tag="username.rotate.v1"):
    """Make the live name `₿username@domain` pay a new offer, made on the owner's node `node_id` (66 hex).

    `expiring_at` (unix seconds): offer-builder asks this of itself, because what the name pays now expires then.
    """

    username: str
    domain: str
    node_id: str
    expiring_at: int | None = None


class UsernameRelease(Request, frozen=True, kw_only=True, tag="username.release.v1"):
    """Give `₿username@domain` up: its record goes, then its offer, and it rests before somebody else may have it."""

    username: str
    domain: str


class DnsPublish(Request, frozen=True, kw_only=True, tag="dns.publish.v1"):
    """Publish `uri` under `₿username@domain`, with a TTL of `ttl_s`: an operator's record, new or in place of one."""

    username: str
    domain: str
    uri: str
    ttl_s: int


class DnsWithdraw(Request, frozen=True, kw_only=True, tag="dns.withdraw.v1"):
    """Take the operator's record of `₿username@domain` away; the name rests before somebody else may have it."""

    username: str
    domain: str


class RecordDrift(Request, frozen=True, kw_only=True, tag="record.drift.v1"):
    """Tell the name's owner that its record is not as we published it; dns-publisher asks this of itself.

    `pubkey` is empty; `since` is unix seconds.
    """

    username: str
    domain: str
    kind: DriftKind
    detail: str
    since: float
    repairs: bool


class RecordHeal(Request, frozen=True, kw_only=True, tag="record.heal.v1"):
    """Tell the name's owner that its record is right again; dns-publisher asks this of itself. `pubkey` is empty."""

    username: str
    domain: str
    how: Literal["repaired", "by-itself"]
    since: float


class UsernamePause(Request, frozen=True, kw_only=True, tag="username.pause.v1"):
    """Take the record of `₿username@domain` out before its offer expires at `expiring_at` (unix seconds).

    offer-builder asks this of itself; the name stays its owner's.
    """

    username: str
    domain: str
    expiring_at: int


class UsernameHealth(Request, frozen=True, kw_only=True, tag="username.health.v1"):
    """`aspect` of `₿username@domain` is in `state` since `since` (RFC 3339) for `reason`, after it was known as `was`.

    offer-builder asks this of itself, so that the owner is told as of everything else.
    """

    username: str
    domain: str
    aspect: AspectName
    state: HealthState
    was: HealthState
    since: str
    reason: str


class WebhookCreate(Request, frozen=True, kw_only=True, tag="webhook.create.v1"):
    """Send the owner's notifications that match `events` (none: all) to `url`."""

    url: str
    events: tuple[str, ...] = ()
    description: str = ""

    def __repr__(self) -> str:
        return f"WebhookCreate(op={self.op!r})"  # the URL may hold a token


class WebhookChange(Request, frozen=True, kw_only=True, tag="webhook.change.v1"):
    """Change what is given; `enabled` switches it on (and forgives its failures) or off."""

    webhook_id: str
    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    enabled: bool | None = None

    def __repr__(self) -> str:
        return f"WebhookChange(op={self.op!r}, webhook_id={self.webhook_id!r})"


class WebhookRemove(Request, frozen=True, kw_only=True, tag="webhook.remove.v1"):
    """Forget the webhook; what is still pending for it is given up."""

    webhook_id: str


class WebhookRotate(Request, frozen=True, kw_only=True, tag="webhook.rotate.v1"):
    """Sign with a new secret; for a while the old one signs as well."""

    webhook_id: str


class WebhookPing(Request, frozen=True, kw_only=True, tag="webhook.ping.v1"):
    """Send a test event, once, and say what the receiver answered."""

    webhook_id: str


class WebhookRedeliver(Request, frozen=True, kw_only=True, tag="webhook.redeliver.v1"):
    """Send a delivery again, from the first retry on, whatever it had come to."""

    webhook_id: str
    delivery_id: str


class WebhookDisable(Request, frozen=True, kw_only=True, tag="webhook.disable.v1"):
    """Stop sending to a webhook that only fails; notifier asks this of itself. `failing_since` is unix seconds."""

    webhook_id: str
    reason: Literal["failing", "gone"]
    failing_since: float


class ZoneSign(Request, frozen=True, kw_only=True, tag="zone.sign.v1"):
    """Sign `zone` (lower-case, no final dot) and bring its DS to the parent, as the setting says or by `parent`.

    `max_ttl_s` is the longest TTL in the zone: so long a cache may hold what was served unsigned.
    """

    zone: str
    parent: ParentKind | None = None
    max_ttl_s: int = 86_400


class ZoneUnsign(Request, frozen=True, kw_only=True, tag="zone.unsign.v1"):
    """Take the DS of `zone` away and, when no cache holds it, stop signing."""

    zone: str
    parent: ParentKind | None = None


class ZoneRoll(Request, frozen=True, kw_only=True, tag="zone.roll.v1"):
    """Follow the signer of `zone` to its new key signing key: change the DS, and say when the old key may go."""

    zone: str
    parent: ParentKind | None = None


class ZoneHold(Request, frozen=True, kw_only=True, tag="zone.hold.v1"):
    """Change nothing about `zone` until it is resumed. `reason` is for those who look."""

    zone: str
    reason: str = ""


class ZoneResume(Request, frozen=True, kw_only=True, tag="zone.resume.v1"):
    """Let `zone` be changed again."""

    zone: str


class Cancel(Request, frozen=True, kw_only=True, tag="cancel.v1"):
    """Take the operation back if its pivot has not been passed."""


FlowRequest = (
    NodeRegister
    | NodeStart
    | NodeStop
    | NodeRestart
    | NodeDelete
    | NodeTurn
    | PaymentSend
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
    PaymentSend: "payment.send",
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
