"""What happened: bodies of `saga.<owner>.<op>.<fact>.<next>` (stream LEDGER); the fact token is the struct's tag.

A fact is written once, by the worker that finished the step, guarded by compare-and-set over the whole operation.
Nothing secret is ever part of one: no seed, rune, device key, preimage or registration payload.
"""

from schemas.base import Wire
from schemas.flows import FlowName
from schemas.requests import FlowRequest, Network


class Fact(Wire, frozen=True, kw_only=True, tag_field="fact"):
    """Base of all facts."""


class Requested(Fact, frozen=True, kw_only=True, tag="requested"):
    """The operation exists. `flow_version` is the version of the steps table it runs under."""

    flow: FlowName
    flow_version: int
    request: FlowRequest


class Failed(Fact, frozen=True, kw_only=True, tag="failed"):
    """The operation will not succeed; `undo_from` is the last step that may have left something behind (None: none)."""

    code: str
    detail: str
    step: str
    undo_from: str | None


class Cancelled(Fact, frozen=True, kw_only=True, tag="cancelled"):
    """The owner took the operation back; `undo_from` as in Failed."""

    undo_from: str | None


class FailedDirty(Fact, frozen=True, kw_only=True, tag="failed-dirty"):
    """Step `step` could not be undone: an operator has to look. What is left is said in `detail`."""

    step: str
    detail: str


# --- node.register ------------------------------------------------------------------------------------------------


class Opened(Fact, frozen=True, kw_only=True, tag="opened"):
    """A node-manager holds the seed of `node_id` in memory."""

    node_id: str


class SeedLost(Fact, frozen=True, kw_only=True, tag="seed-lost"):
    """Note: no node-manager holds the seed any more (restart); the owner's device should send it again."""

    node_id: str


class Registered(Fact, frozen=True, kw_only=True, tag="registered"):
    """The scheduler issued a device certificate. `how` is `registered` or `recovered` (the node existed already)."""

    node_id: str
    network: Network
    how: str


class Scheduled(Fact, frozen=True, kw_only=True, tag="scheduled"):
    """The node runs; its address changes with every start and is deliberately not kept here."""

    node_id: str


class Narrowed(Fact, frozen=True, kw_only=True, tag="narrowed"):
    """The stored rune is proven to be restricted to `methods` (lower-case RPC names)."""

    node_id: str
    methods: tuple[str, ...]


class Ready(Fact, frozen=True, kw_only=True, tag="ready"):
    """The node answered a signed call with the narrowed rune. `version` is its Core Lightning version; `revision` that
    of the NodeView that says so (None: written before there were any)."""

    node_id: str
    version: str
    block_height: int
    revision: int | None = None


class Forgotten(Fact, frozen=True, kw_only=True, tag="forgotten"):
    """Compensation: the credentials this operation stored are gone."""

    node_id: str


# --- username.register --------------------------------------------------------------------------------------------


class Reserved(Fact, frozen=True, kw_only=True, tag="reserved"):
    """The name belongs to this operation. `revision` is the KV revision of the reservation."""

    name: str
    revision: int


class Released(Fact, frozen=True, kw_only=True, tag="released"):
    """Compensation: the reservation is gone, if it was ours."""

    name: str


class Offered(Fact, frozen=True, kw_only=True, tag="offered"):
    """The node holds exactly one active offer labelled with this operation, and it has a blinded path."""

    node_id: str
    offer_id: str
    offer: str
    label: str


class WaitingForSigner(Fact, frozen=True, kw_only=True, tag="waiting-for-signer"):
    """Note: without the owner's signer the node can only make an offer that nobody can pay."""

    node_id: str


class OfferDisabled(Fact, frozen=True, kw_only=True, tag="offer-disabled"):
    """Compensation: every active offer labelled with this operation was disabled; their ids."""

    offer_ids: tuple[str, ...]


class Composed(Fact, frozen=True, kw_only=True, tag="composed"):
    """The offer was checked and the BIP 321 URI made: what the TXT record will hold, byte for byte."""

    name: str
    owner_name: str
    uri: str
    ttl_s: int
    offer_expires_at: int | None


class Published(Fact, frozen=True, kw_only=True, tag="published"):
    """The provider holds exactly one `bitcoin:` TXT at `owner_name` and it equals the URI.

    `previous_ttl_s` is the TTL of what was there before (None: nothing), for the clock of P4.
    """

    owner_name: str
    zone: str
    record_id: str
    content_sha256: str
    ttl_s: int
    previous_ttl_s: int | None


class Withdrawn(Fact, frozen=True, kw_only=True, tag="withdrawn"):
    """Compensation: no record of this operation is left at `owner_name`."""

    owner_name: str


class Probe(Wire, frozen=True, kw_only=True):
    """One answer that was checked: `server` is `address:port`, `transport` is udp, tcp or doh, `ok` says as desired."""

    server: str
    transport: str
    ok: bool
    detail: str


class Propagating(Fact, frozen=True, kw_only=True, tag="propagating"):
    """Note: the record is on its way; `right` of `servers` authoritative addresses show it, `detail` is what one says.

    Told once, at the first look that finds some wrong: what follows is `authoritative`, or `failed` with the reason.
    """

    right: int
    servers: int
    detail: str


class Authoritative(Fact, frozen=True, kw_only=True, tag="authoritative"):
    """P1 and P2: every authoritative address gives the desired bytes, and the chain is secure from the root.

    Times are unix seconds; the proof holds in [valid_from, valid_until]; `settles_at` is the clock of P4.
    """

    probes: tuple[Probe, ...]
    verdict: str
    valid_from: int
    valid_until: int
    at: float
    settles_at: float
    zones: tuple[str, ...]


class Verified(Fact, frozen=True, kw_only=True, tag="verified"):
    """P4: no compliant cache can hold anything older any more. `resolvers` were sampled after P1 (P3), never before.

    `visible` says whether enough of them agreed; `took_s` is how long it took since the record was published.
    """

    verdict: str
    valid_from: int
    valid_until: int
    authoritative: tuple[Probe, ...]
    resolvers: tuple[Probe, ...]
    visible: bool = False
    took_s: float = 0.0


class Activated(Fact, frozen=True, kw_only=True, tag="activated"):
    """The name is live. `revision` is the KV revision that says so."""

    name: str
    uri: str
    revision: int


# --- username.rotate, username.release --------------------------------------------------------------------------------


class Changing(Fact, frozen=True, kw_only=True, tag="changing"):
    """A live name is this operation's to change, and nobody else's until it ends. What it pays up to now:

    `uri` under a TTL of `ttl_s`, made of the offer on `node_id` that is labelled with operation `offer_op`.
    """

    name: str
    owner_name: str
    uri: str
    ttl_s: int
    node_id: str
    offer_op: str
    revision: int


class Unchanged(Fact, frozen=True, kw_only=True, tag="unchanged"):
    """Compensation: the name is live as it was, and anybody's to change who may."""

    name: str


class Rotated(Fact, frozen=True, kw_only=True, tag="rotated"):
    """The name is live with its new offer, and anybody's to change who may. `revision` is the KV revision."""

    name: str
    uri: str
    node_id: str
    revision: int


class Removed(Fact, frozen=True, kw_only=True, tag="removed"):
    """The provider holds no payment record of ours at `owner_name`. `ttl_s` is the TTL under which it was published."""

    owner_name: str
    zone: str
    ttl_s: int


class Restored(Fact, frozen=True, kw_only=True, tag="restored"):
    """Compensation: what the name paid before is the only payment record at `owner_name` again."""

    owner_name: str
    ttl_s: int


class Absent(Fact, frozen=True, kw_only=True, tag="absent"):
    """P1 and P2 of an absence: no authoritative address gives a payment record, and that is proven from the root.

    Times as in Authoritative; `settles_at`: no compliant cache holds the record any more.
    """

    probes: tuple[Probe, ...]
    verdict: str
    valid_from: int
    valid_until: int
    at: float
    settles_at: float
    zones: tuple[str, ...]


class Gone(Fact, frozen=True, kw_only=True, tag="gone"):
    """P4 of an absence: nobody can be told to pay this name any more."""

    verdict: str
    authoritative: tuple[Probe, ...]


class Quarantined(Fact, frozen=True, kw_only=True, tag="quarantined"):
    """The name is nobody's; until `until` (unix seconds) only its former owner may register it."""

    name: str
    until: float
    revision: int


class Retired(Fact, frozen=True, kw_only=True, tag="retired"):
    """Every active offer on `node_id` that the name paid before was disabled; their ids."""

    node_id: str
    offer_ids: tuple[str, ...]


# --- webhooks -------------------------------------------------------------------------------------------------------


class WebhookCreated(Fact, frozen=True, kw_only=True, tag="webhook-created"):
    """The webhook stands. Of its URL only `host` is told: the rest may hold a token."""

    webhook_id: str
    host: str
    revision: int


class WebhookChanged(Fact, frozen=True, kw_only=True, tag="webhook-changed"):
    """The webhook is as asked; `state` is `enabled` or `disabled`."""

    webhook_id: str
    host: str
    state: str
    revision: int


class WebhookRemoved(Fact, frozen=True, kw_only=True, tag="webhook-removed"):
    """The owner has no such webhook any more."""

    webhook_id: str
    revision: int


class WebhookRotated(Fact, frozen=True, kw_only=True, tag="webhook-rotated"):
    """Secret `secret_version` signs; until `previous_until` (unix seconds) the one before it signs as well."""

    webhook_id: str
    secret_version: int
    previous_until: float
    revision: int


class WebhookPinged(Fact, frozen=True, kw_only=True, tag="webhook-pinged"):
    """A test event was sent: the receiver's `status`, or the `error` that came instead. `accepted`: it was a 2xx."""

    webhook_id: str
    delivery_id: str
    accepted: bool
    status: int | None
    error: str | None


class WebhookRedelivered(Fact, frozen=True, kw_only=True, tag="webhook-redelivered"):
    """The delivery is on its way again."""

    webhook_id: str
    delivery_id: str


class WebhookDisabled(Fact, frozen=True, kw_only=True, tag="webhook-disabled"):
    """Nothing more is sent to the webhook until its owner enables it. `reason` is `failing` or `gone` (HTTP 410)."""

    webhook_id: str
    host: str
    reason: str
    failing_since: float
    revision: int


AnyFact = (
    Requested
    | Failed
    | Cancelled
    | FailedDirty
    | Opened
    | SeedLost
    | Registered
    | Scheduled
    | Narrowed
    | Ready
    | Forgotten
    | Reserved
    | Released
    | Offered
    | WaitingForSigner
    | OfferDisabled
    | Composed
    | Published
    | Withdrawn
    | Propagating
    | Authoritative
    | Verified
    | Activated
    | Changing
    | Unchanged
    | Rotated
    | Removed
    | Restored
    | Absent
    | Gone
    | Quarantined
    | Retired
    | WebhookCreated
    | WebhookChanged
    | WebhookRemoved
    | WebhookRotated
    | WebhookPinged
    | WebhookRedelivered
    | WebhookDisabled
)


def fact_name(fact: Fact) -> str:
    """The fact token of `fact`, e.g. `registered`."""
    return str(type(fact).__struct_config__.tag)
