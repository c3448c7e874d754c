// Made by `mesh schemas --write` from the tables of the mesh. Do not edit.

/** Secure, and the chain proves that the name has no payment instructions. */
export interface Absent {
  readonly result: "absent";
  readonly name: string;
  readonly verdict: "bogus" | "indeterminate" | "insecure" | "secure";
  readonly ownerName: string;
  readonly proof: Proof;
}

/**
 * P1 and P2 of an absence: no authoritative address gives a payment record, and that is proven from the root.
 *
 * Times as in Authoritative; `settles_at`: no compliant cache holds the record any more.
 */
export interface AbsentFact {
  readonly fact: "absent";
  readonly probes: ReadonlyArray<Probe>;
  readonly verdict: string;
  readonly validFrom: number;
  readonly validUntil: number;
  readonly at: number;
  readonly settlesAt: number;
  readonly zones: ReadonlyArray<string>;
}

/** `device` has taken in everything up to `seq`. */
export interface AckBody {
  readonly device: string;
  readonly seq: number;
}

/** Everything up to `seq` was taken in. */
export interface AckFrame {
  readonly op: "ack";
  readonly seq: number;
}

/** Where the device's cursor will stand, or beyond. */
export interface Acked {
  readonly device: string;
  readonly seq: number;
}

/** The name is live. `revision` is the KV revision that says so. */
export interface ActivatedFact {
  readonly fact: "activated";
  readonly name: string;
  readonly uri: string;
  readonly revision: number;
}

/** The process turns its event loop. */
export interface Alive {
  readonly status?: "alive";
}

/** One aspect: its state and since when (RFC 3339). Only the owner is told the rest; `reason` is a stable code. */
export interface AspectView {
  readonly state: "degraded" | "down" | "ok" | "unknown";
  readonly since: string;
  readonly reason?: string | null;
  readonly whatToDo?: string | null;
  readonly detail?: string | null;
}

/** One attempt: the receiver's status, or the error that came instead; neither: its outcome is unknown. */
export interface AttemptView {
  readonly at: string;
  readonly tookMs: number | null;
  readonly status: number | null;
  readonly error: string | null;
}

/**
 * P1 and P2: every authoritative address gives the desired bytes, and the chain is secure from the root.
 *
 * Times are unix seconds; the proof holds in [valid_from, valid_until]; `settles_at` is the clock of P4.
 */
export interface AuthoritativeFact {
  readonly fact: "authoritative";
  readonly probes: ReadonlyArray<Probe>;
  readonly verdict: string;
  readonly validFrom: number;
  readonly validUntil: number;
  readonly at: number;
  readonly settlesAt: number;
  readonly zones: ReadonlyArray<string>;
}

/**
 * What a node has (`schemas.records.BalanceRecord`): decimal strings of msat, as the node said at `as_of`.
 *
 * `reserved_msat` is what payments that are not over may cost, fees included; `free_msat` is what of `spendable_msat`
 * is meant for none of them. While `current` is true nothing has happened since; else it may be `stale_s` seconds old.
 * `running` is whether the node runs: then it is looked at again without being asked. `seq` rises with every change.
 */
export interface BalanceView {
  readonly nodeId: string;
  readonly channelMsat: string;
  readonly spendableMsat: string;
  readonly receivableMsat: string;
  readonly reservedMsat: string;
  readonly freeMsat: string;
  readonly pendingMsat: string;
  readonly confirmedMsat: string;
  readonly unconfirmedMsat: string;
  readonly asOf: string;
  readonly current: boolean;
  readonly staleS: number;
  readonly running: boolean;
  readonly seq: number;
}

/**
 * What all of an owner's nodes have together, and each of them.
 *
 * `as_of` is when the oldest of them was read (null: none was), `current` whether all of them are, `stale_s` how old
 * the oldest of those that are not may be. Nodes in `unread` have no balance yet and are in no sum. `seq` covers all
 * of them.
 */
export interface BalancesView {
  readonly channelMsat: string;
  readonly spendableMsat: string;
  readonly receivableMsat: string;
  readonly reservedMsat: string;
  readonly freeMsat: string;
  readonly pendingMsat: string;
  readonly confirmedMsat: string;
  readonly unconfirmedMsat: string;
  readonly asOf: string | null;
  readonly current: boolean;
  readonly staleS: number;
  readonly nodes: ReadonlyArray<BalanceView>;
  readonly unread: ReadonlyArray<string>;
  readonly seq: number;
}

/** Take the operation back if its pivot has not been passed. */
export interface Cancel {
  readonly type: "cancel.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
}

/** The owner took the operation back; `undo_from` as in Failed. */
export interface CancelledFact {
  readonly fact: "cancelled";
  readonly undoFrom: string | null;
}

/** The body of PATCH: what is absent or null stays as it is. */
export interface ChangeWebhookBody {
  readonly url?: string | null;
  readonly events?: ReadonlyArray<string> | null;
  readonly description?: string | null;
  readonly enabled?: boolean | null;
}

/**
 * A live name is this operation's to change, and nobody else's until it ends. What it pays up to now:
 *
 * `uri` under a TTL of `ttl_s`, made of the offer on `node_id` that is labelled with operation `offer_op` and that
 * expires at `offer_expires_at` (unix seconds; None: never). In a rotation `terms` are what the new offer is to say,
 * as the next version of the offer `offer_id`.
 */
export interface ChangingFact {
  readonly fact: "changing";
  readonly name: string;
  readonly ownerName: string;
  readonly uri: string;
  readonly ttlS: number;
  readonly nodeId: string;
  readonly offerOp: string;
  readonly revision: number;
  readonly offerExpiresAt?: number | null;
  readonly offerId?: string;
  readonly terms?: OfferTerms | null;
}

/** The name is this operation's to publish, and nobody else's until it ends. `former` is null for a new name. */
export interface ClaimedFact {
  readonly fact: "claimed";
  readonly name: string;
  readonly ownerName: string;
  readonly former: Former | null;
  readonly revision: number;
}

/** The offer was checked and the BIP 321 URI made: what the TXT record will hold, byte for byte. */
export interface ComposedFact {
  readonly fact: "composed";
  readonly name: string;
  readonly ownerName: string;
  readonly uri: string;
  readonly ttlS: number;
  readonly offerExpiresAt: number | null;
}

/** The body of POST. Absent `events`: all of them. */
export interface CreateWebhookBody {
  readonly url: string;
  readonly events?: ReadonlyArray<string>;
  readonly description?: string;
}

/**
 * What the payment was for: `invoice_id` or `offer_id`, if they are ours, and their `order_id`.
 *
 * `duplicate`: another payment had paid the single-use offer before; what came twice is its owner's to return.
 */
export interface CreditedFact {
  readonly fact: "credited";
  readonly nodeId: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly paidAt: number;
  readonly invoiceId?: string | null;
  readonly offerId?: string | null;
  readonly orderId?: string | null;
  readonly duplicate?: boolean;
  readonly description?: string | null;
  readonly payerNote?: string | null;
}

/**
 * Bucket `cursors`, key `<owner>.<device>`; written by edge: up to `seq`, `device` has taken in the owner's log.
 *
 * `at` is RFC 3339 UTC. Only ever rises; one that nobody moves is forgotten after the log's own messages are.
 */
export interface CursorRecord {
  readonly device: string;
  readonly seq: number;
  readonly at: string;
}

/** Every cursor of the owner. */
export interface CursorsView {
  readonly cursors: ReadonlyArray<CursorRecord>;
}

/** The text of an offer: `lno1…`, in pieces joined by `+` if need be. */
export interface DecodeBody {
  readonly offer: string;
}

/** A page of deliveries, newest change first; `next` is the `before` of the next page (null: that was the last). */
export interface Deliveries {
  readonly deliveries: ReadonlyArray<DeliveryView>;
  readonly next: number | null;
}

/** One delivery. `messageId` is the header `webhook-id`; `attempts` are the newest, oldest first. */
export interface DeliveryView {
  readonly id: string;
  readonly messageId: string;
  readonly type: string;
  readonly eventSeq: number;
  readonly state: string;
  readonly reason: string | null;
  readonly createdAt: string;
  readonly nextAttemptAt: string | null;
  readonly attempts: ReadonlyArray<AttemptView>;
  readonly seq: number;
}

/**
 * A device that node-manager process `instance` holds the key of, and what is to be signed for it.
 *
 * `pubkey` is its P-256 key (65 bytes, uncompressed), `csr` the certificate request that the scheduler will get (PEM);
 * `register` and `recover` are the scheduler's challenges (32 bytes). `restriction` is what the rune for `pubkey` has
 * to be restricted to. The answer is sealed to `public_key` (X25519, base64), whose id is `kid`, before `expires_at`
 * (unix seconds). Bytes are hex but where said.
 */
export interface Device {
  readonly type: "device";
  readonly instance: string;
  readonly kid: string;
  readonly publicKey: string;
  readonly pubkey: string;
  readonly csr: string;
  readonly register: string;
  readonly recover: string;
  readonly restriction: string;
  readonly expiresAt: number;
}

/** The node that the device shall belong to: its public key, 66 hex. */
export interface DeviceBody {
  readonly nodeId: string;
}

/** Publish `uri` under `₿username@domain`, with a TTL of `ttl_s`: an operator's record, new or in place of one. */
export interface DnsPublish {
  readonly type: "dns.publish.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
  readonly uri: string;
  readonly ttlS: number;
}

/** Take the operator's record of `₿username@domain` away; the name rests before somebody else may have it. */
export interface DnsWithdraw {
  readonly type: "dns.withdraw.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
}

/** How a record differs from what we published, since when (RFC 3339), and whether we put it back. */
export interface DriftView {
  readonly kind: "blocked" | "changed" | "missing" | "second" | "ttl";
  readonly detail: string;
  readonly since: string;
  readonly repairs: boolean;
}

/**
 * Somebody changed the name's record at its provider; `detail` says what stands there, never what it pays.
 *
 * Seen twice, the first time at `since` (unix seconds). `repairs` says whether we put it back.
 */
export interface DriftedFact {
  readonly fact: "drifted";
  readonly name: string;
  readonly kind: "blocked" | "changed" | "missing" | "second" | "ttl";
  readonly detail: string;
  readonly since: number;
  readonly repairs: boolean;
}

/** One DS record (RFC 4034 §5); `digest` is upper-case hex. */
export interface Ds {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: string;
}

/** Every address of the parent gives exactly `ds`, signed, with a TTL of at most `ttl_s`. */
export interface DsAtParentFact {
  readonly fact: "ds-at-parent";
  readonly zone: string;
  readonly evidence: Evidence;
  readonly ds: ReadonlyArray<Ds>;
  readonly ttlS: number;
}

/** Compensation: the signer signs on, and was told to announce that no DS is wanted (RFC 8078 §4). */
export interface DsForsakenFact {
  readonly fact: "ds-forsaken";
  readonly zone: string;
  readonly detail: string;
}

/** No address of the parent gives a DS, that is proven, and no cache can hold one or what was believed for it. */
export interface DsGoneFact {
  readonly fact: "ds-gone";
  readonly zone: string;
  readonly evidence: Evidence;
}

/** Compensation: the parent was given `ds`, which was there before, back. */
export interface DsRestoredFact {
  readonly fact: "ds-restored";
  readonly zone: string;
  readonly ds: ReadonlyArray<Ds>;
  readonly how: "cds" | "manual" | "rfc2136";
  readonly detail: string;
}

/** The parent was given `ds`, or (`how` other than rfc2136) `detail` says who brings it there. */
export interface DsSubmittedFact {
  readonly fact: "ds-submitted";
  readonly zone: string;
  readonly ds: ReadonlyArray<Ds>;
  readonly how: "cds" | "manual" | "rfc2136";
  readonly detail: string;
}

/** The parent was told to drop `ds`, or (`how` other than rfc2136) `detail` says who makes it. */
export interface DsWithdrawnFact {
  readonly fact: "ds-withdrawn";
  readonly zone: string;
  readonly ds: ReadonlyArray<Ds>;
  readonly how: "cds" | "manual" | "rfc2136";
  readonly detail: string;
}

/** A page of events: `next` is what to ask after, `head` the newest. */
export interface Events {
  readonly events: ReadonlyArray<MsgFrame>;
  readonly gap: GapFrame | null;
  readonly head: number;
  readonly next: number;
}

/**
 * What let a gate be passed: everything it demands was seen in each of `looks` looks from `since` to `at`.
 *
 * `lasting_s` is how long it had to be so, and `because` which TTL demands that. `probes` are those of the last look:
 * which address said what. Times are unix seconds.
 */
export interface Evidence {
  readonly since: number;
  readonly at: number;
  readonly looks: number;
  readonly lastingS: number;
  readonly because: string;
  readonly probes: ReadonlyArray<Probe>;
}

/** One fact: its token, when it was stored (RFC 3339 UTC) and its LEDGER sequence. */
export interface FactView {
  readonly fact: string;
  readonly at: string;
  readonly seq: number;
}

/** Step `step` could not be undone: an operator has to look. What is left is said in `detail`. */
export interface FailedDirtyFact {
  readonly fact: "failed-dirty";
  readonly step: string;
  readonly detail: string;
}

/** The operation will not succeed; `undo_from` is the last step that may have left something behind (None: none). */
export interface FailedFact {
  readonly fact: "failed";
  readonly code: string;
  readonly detail: string;
  readonly step: string;
  readonly undoFrom: string | null;
}

/** Compensation: the credentials this operation stored are gone. */
export interface ForgottenFact {
  readonly fact: "forgotten";
  readonly nodeId: string;
}

/**
 * What the name paid before: `uri` under a TTL of `ttl_s`, published by operation `op`.
 *
 * Its offer expires at `offer_expires_at` (unix seconds; None: never).
 */
export interface Former {
  readonly uri: string;
  readonly ttlS: number;
  readonly op: string;
  readonly offerExpiresAt?: number | null;
}

/** What was in `from..to` (inclusive; `to` null: unknown) is no longer kept: fetch the state again. */
export interface GapFrame {
  readonly op: "gap";
  readonly from: number;
  readonly to: number | null;
}

/** P4 of an absence: nobody can be told to pay this name any more. */
export interface GoneFact {
  readonly fact: "gone";
  readonly verdict: string;
  readonly authoritative: ReadonlyArray<Probe>;
}

/** An event as Greenlight writes it, as far as we read it; `event_type` is `node_stuck` or `invoice_payment`. */
export interface GreenlightEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly blockheight?: number | null;
  readonly headheight?: number | null;
  readonly lag?: number | null;
}

/** The name's record is as we published it again: we put it back, or somebody else did. */
export interface HealedFact {
  readonly fact: "healed";
  readonly name: string;
  readonly how: "by-itself" | "repaired";
  readonly since: number;
}

/**
 * Who is there, and the last sequence it has (0: nothing, send all that is kept).
 *
 * `token` is a NIP-98 event in base64 for GET of the socket's URL, `session` the token of a session; neither is needed
 * if the upgrade carried one as a header. `device` names a cursor that acks move; without `last_seq` the device goes
 * on after its cursor.
 */
export interface HelloFrame {
  readonly op: "hello";
  readonly token?: string | null;
  readonly session?: string | null;
  readonly device?: string | null;
  readonly lastSeq?: number | null;
}

/** Why the zone is held, for those who look. */
export interface HoldBody {
  readonly reason?: string;
}

/** Why and since when (RFC 3339) a zone is held; `by` is an operation, or `mesh` itself. */
export interface HoldView {
  readonly reason: string;
  readonly by: string;
  readonly since: string;
}

/**
 * What one of your nodes received under `payment_hash`. Amounts in msat; `paid_at` in unix seconds, by the node.
 *
 * `invoice_id` or `offer_id` is what was paid, if it was made here. Until it is `credited` nobody has looked whose
 * order it is, and whether that was paid before (`duplicate`). `payer_note` is whatever the payer wrote.
 */
export interface Incoming {
  readonly id: string;
  readonly nodeId: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly paidAt: number;
  readonly credited: boolean;
  readonly invoiceId: string | null;
  readonly offerId: string | null;
  readonly orderId: string | null;
  readonly duplicate: boolean;
  readonly description: string | null;
  readonly payerNote: string | null;
  readonly seq: number;
}

/** A page of what the caller's nodes received in the last 30 days, oldest first; `next` as for invoices. */
export interface IncomingPage {
  readonly incoming: ReadonlyArray<Incoming>;
  readonly next: number | null;
}

/** `METHOD path` of every call, and what it is for. */
export interface Index {
  readonly service: string;
  readonly addresses: Readonly<Record<string, string>>;
}

/**
 * What to be paid for. Absent `amountMsat`: `any`; `nodeId`: the caller's only node. `orderId` is for your own use,
 * and comes back with the payment.
 */
export interface InvoiceBody {
  readonly description: string;
  readonly amountMsat?: string | null;
  readonly expirySeconds?: number;
  readonly orderId?: string | null;
  readonly nodeId?: string | null;
}

/**
 * Make a BOLT 11 invoice on the owner's node `node_id` (66 hex), to be paid within `expiry_s` seconds.
 *
 * `amount_msat` None: the payer says how much. `order_id` is the owner's own, and no part of the invoice.
 */
export interface InvoiceCreate {
  readonly type: "invoice.create.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly description: string;
  readonly expiryS: number;
  readonly amountMsat?: string | null;
  readonly orderId?: string | null;
}

/** The node made the one invoice of this operation, and it says what was asked for. `expires_at` in unix seconds. */
export interface InvoiceMadeFact {
  readonly fact: "invoice-made";
  readonly nodeId: string;
  readonly invoice: string;
  readonly paymentHash: string;
  readonly expiresAt: number;
  readonly amountMsat?: string | null;
  readonly orderId?: string | null;
}

/**
 * The one invoice of this payment, checked against what was asked. Amounts in msat; `expires_at` unix seconds.
 *
 * `payment_hash` and `payee` (the key that signed) are hex. Nothing was sent yet.
 */
export interface InvoiceReadyFact {
  readonly fact: "invoice-ready";
  readonly invoice: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly maxFeeMsat: string;
  readonly expiresAt: number;
  readonly payee: string;
  readonly description?: string | null;
}

/**
 * An invoice of yours. Amounts in msat (null: the payer says how much); `expires_at` in unix seconds.
 *
 * `invoice` is what to show a payer; `paid` is what came in by it, though it may have come after the invoice expired.
 */
export interface InvoiceView {
  readonly id: string;
  readonly state: "expired" | "failed" | "making" | "open" | "paid";
  readonly nodeId: string;
  readonly amountMsat: string | null;
  readonly description: string;
  readonly orderId: string | null;
  readonly createdAt: string;
  readonly invoice: string | null;
  readonly paymentHash: string | null;
  readonly expiresAt: number | null;
  readonly paid: Incoming | null;
  readonly problem: ProblemView | null;
  readonly seq: number;
}

/**
 * A page of the caller's invoices of the last 30 days, oldest first; `next` is the `after` of the next page (null:
 * that was the last).
 */
export interface Invoices {
  readonly invoices: ReadonlyArray<InvoiceView>;
  readonly next: number | null;
}

/** One notification (schemas.notifications) at `seq`; the frame before it ended at `prev`. `operation` is its op. */
export interface MsgFrame {
  readonly op: "msg";
  readonly seq: number;
  readonly prev: number;
  readonly id: string;
  readonly type: string;
  readonly operation: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly code: string | null;
}

/** `state` is the name's, `health` the worst of what is known of its aspects (`unknown` if nothing is). */
export interface NameHealthView {
  readonly name: string;
  readonly state: "active" | "paused" | "quarantined" | "releasing" | "reserved";
  readonly health: "degraded" | "down" | "ok" | "unknown";
  readonly dns: AspectView;
  readonly dnssec: AspectView;
  readonly offer: AspectView;
  readonly signer: AspectView;
}

/**
 * A name in public: nothing of whose it is, by which operation, or on which node.
 *
 * `reason` says why it is not `available`. What follows `state` is null for a name nobody has; `uri`, `offer`,
 * `active_since` (RFC 3339 UTC), `verdict` and `valid_until` (unix seconds) are set once it is active. A name that is
 * paused pays nothing since `paused_since` (RFC 3339 UTC), for its offer was about to expire. While a name that was
 * given up rests, `quarantined_until` (unix seconds) says until when only its former owner may have it.
 */
export interface NameView {
  readonly name: string;
  readonly display: string;
  readonly available: boolean;
  readonly reason: Reason | null;
  readonly state: "free" | "active" | "paused" | "quarantined" | "releasing" | "reserved";
  readonly uri?: string | null;
  readonly offer?: string | null;
  readonly activeSince?: string | null;
  readonly verdict?: string | null;
  readonly validUntil?: number | null;
  readonly pausedSince?: string | null;
  readonly quarantinedUntil?: number | null;
  readonly seq?: number | null;
}

/** The stored rune is proven to be restricted to `methods` (lower-case RPC names). */
export interface NarrowedFact {
  readonly fact: "narrowed";
  readonly nodeId: string;
  readonly methods: ReadonlyArray<string>;
}

/**
 * A new offer. Absent `amountMsat`: `any`; `quantityMax`: one item (0: any number); `expiresAt` (unix seconds):
 * never; `nodeId`: the caller's only node. `orderId` is for your own use, of an offer for a single one.
 */
export interface NewOfferBody {
  readonly description: string;
  readonly amountMsat?: string | null;
  readonly issuer?: string | null;
  readonly quantityMax?: number | null;
  readonly expiresAt?: number | null;
  readonly singleUse?: boolean;
  readonly orderId?: string | null;
  readonly nodeId?: string | null;
}

/**
 * Greenlight says that the node cannot follow the chain: it waits for its owner's signer. It stands at block
 * `block_height` of `head_height` and is `lag` blocks behind (None: not said).
 */
export interface NodeBehindFact {
  readonly fact: "node-behind";
  readonly nodeId: string;
  readonly blockHeight?: number | null;
  readonly headHeight?: number | null;
  readonly lag?: number | null;
}

/**
 * The body of the call: one of `sealed` (a mnemonic), `answer` (to `POST /v1/nodes/devices`), `cln` (how to reach
 * your own Core Lightning, sealed like the others) and `pairing`.
 *
 * `network` must be the one this mesh serves; absent means just that.
 */
export interface NodeBody {
  readonly sealed?: SealedSeed | null;
  readonly answer?: SealedSeed | null;
  readonly cln?: SealedSeed | null;
  readonly pairing?: PairingBody | null;
  readonly network?: "bitcoin" | "regtest" | "signet" | "testnet" | null;
}

/** Forget the credentials for the owner's node `node_id` (66 hex); the node itself stays the owner's. */
export interface NodeDelete {
  readonly type: "node.delete.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
}

/** We hold nothing any more that opens the node. The node, its offers and its money are its owner's as before. */
export interface NodeDeletedFact {
  readonly fact: "node-deleted";
  readonly nodeId: string;
}

/** Compensation: the node is not deleted, and is as it was. */
export interface NodeKeptFact {
  readonly fact: "node-kept";
  readonly nodeId: string;
}

/**
 * Tell the owner that Greenlight calls their node stuck, as `schemas.facts.NodeBehind` says; node-manager asks this
 * of itself.
 */
export interface NodeLag {
  readonly type: "node.lag.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly blockHeight?: number | null;
  readonly headHeight?: number | null;
  readonly lag?: number | null;
}

/** Nobody makes anything on the node any more: it is being deleted. */
export interface NodeLeavingFact {
  readonly fact: "node-leaving";
  readonly nodeId: string;
}

/**
 * Register (or recover) a node. `node_id` is its compressed public key (66 hex).
 *
 * By its `door`: `seed`, the seed was handed to a node-manager over the sealed transport; `challenge`, the answers of
 * the owner's device were; `pairing`, the owner's wallet will be asked to approve a device of ours; `cln`,
 * a client certificate of the owner's own Core Lightning was handed to a node-manager.
 */
export interface NodeRegister {
  readonly type: "node.register.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly network: "bitcoin" | "regtest" | "signet" | "testnet";
  readonly inviteCode?: string;
  readonly door?: "challenge" | "cln" | "pairing" | "seed";
}

/** Stop and start a node that runs and answers nothing; node-manager asks this of itself. */
export interface NodeRestart {
  readonly type: "node.restart.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
}

/** Have the owner's node `node_id` (66 hex) run. */
export interface NodeStart {
  readonly type: "node.start.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
}

/** The node runs and answers, as itself. `version` is its Core Lightning version. */
export interface NodeStartedFact {
  readonly fact: "node-started";
  readonly nodeId: string;
  readonly version: string;
  readonly blockHeight: number;
}

/** Shut the owner's node `node_id` (66 hex) down; whatever needs it next starts it again. */
export interface NodeStop {
  readonly type: "node.stop.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
}

/** The scheduler gives the node no address any more. */
export interface NodeStoppedFact {
  readonly fact: "node-stopped";
  readonly nodeId: string;
}

/** The node runs and answers nothing; it is about to be restarted for the `restarts`-th time within the hour. */
export interface NodeStuckFact {
  readonly fact: "node-stuck";
  readonly nodeId: string;
  readonly restarts: number;
}

/** Tell the owner that their node has turned to `state`; node-manager asks this of itself. */
export interface NodeTurn {
  readonly type: "node.turn.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly state: "peers" | "registered" | "rpc" | "scheduled" | "signer" | "synced";
  readonly signer: "attached" | "detached" | "unknown";
}

/** The node was seen to have become more ready, or less: see `schemas.nodes`. */
export interface NodeTurnedFact {
  readonly fact: "node-turned";
  readonly nodeId: string;
  readonly state: "peers" | "registered" | "rpc" | "scheduled" | "signer" | "synced";
  readonly signer: "attached" | "detached" | "unknown";
}

/** No name of its owner's pays the node. */
export interface NodeUnusedFact {
  readonly fact: "node-unused";
  readonly nodeId: string;
}

/** The node answers for the offer `node_offer_id` (its own id, 64 hex) again. */
export interface OfferAnsweringFact {
  readonly fact: "offer-answering";
  readonly nodeId: string;
  readonly nodeOfferId: string;
}

/** The body of PUT, which may be left out. Absent `nodeId`: the node that the name pays now. */
export interface OfferBody {
  readonly nodeId?: string | null;
}

/**
 * Make a new version of the owner's offer `offer_id`, on its terms with `change`; one that no name pays.
 *
 * `revision`: only if the offer's record stands at it.
 */
export interface OfferChange {
  readonly type: "offer.change.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly offerId: string;
  readonly change: TermsChange;
  readonly revision?: number | null;
}

/**
 * The offer is this operation's to change, and nobody else's until it ends.
 *
 * Its current version is what operation `former_op` made on `node_id` (`node_offer_id` is the node's own id of it,
 * 64 hex); `terms` are what the offer is to say. `revision` is the record's KV revision.
 */
export interface OfferChangingFact {
  readonly fact: "offer-changing";
  readonly offerId: string;
  readonly nodeId: string;
  readonly formerOp: string;
  readonly nodeOfferId: string;
  readonly terms: OfferTerms;
  readonly revision: number;
}

/** There is a record of the offer, and a place for it. `revision` is the record's KV revision. */
export interface OfferClaimedFact {
  readonly fact: "offer-claimed";
  readonly offerId: string;
  readonly nodeId: string;
  readonly revision: number;
}

/** Nobody can pay the offer, and its place is free. `revision` is the record's KV revision. */
export interface OfferClosedFact {
  readonly fact: "offer-closed";
  readonly offerId: string;
  readonly revision: number;
}

/** The record says that the offer is disabled; what is active of it on `node_id` is to be. */
export interface OfferClosingFact {
  readonly fact: "offer-closing";
  readonly offerId: string;
  readonly nodeId: string;
  readonly revision: number;
}

/**
 * Make an offer on the owner's node `node_id` (66 hex). Its id is this operation's.
 *
 * `order_id`: the owner's own, of an offer for a single use; no other offer of theirs that is not over has it.
 */
export interface OfferCreate {
  readonly type: "offer.create.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly terms: OfferTerms;
  readonly orderId?: string | null;
}

/** The node's offer says what was asked for, and anybody may pay it. `revision` is the record's KV revision. */
export interface OfferCreatedFact {
  readonly fact: "offer-created";
  readonly offerId: string;
  readonly nodeId: string;
  readonly offer: string;
  readonly orderId: string | null;
  readonly revision: number;
}

/** Have nobody pay the owner's offer `offer_id` any more; one that no name pays. */
export interface OfferDisable {
  readonly type: "offer.disable.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly offerId: string;
}

/**
 * Every active offer labelled with this operation was disabled; their ids.
 *
 * A compensation; in `offer.disable` the very thing, and there every version of the offer is meant, whoever made it.
 */
export interface OfferDisabledFact {
  readonly fact: "offer-disabled";
  readonly offerIds: ReadonlyArray<string>;
}

/** Let the owner's offer `offer_id` be paid again, as its current version says. */
export interface OfferEnable {
  readonly type: "offer.enable.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly offerId: string;
}

/** Anybody may pay the offer again. `revision` is the record's KV revision. */
export interface OfferEnabledFact {
  readonly fact: "offer-enabled";
  readonly offerId: string;
  readonly nodeId: string;
  readonly offer: string;
  readonly revision: number;
}

/**
 * `valid`: every rule of structure and of semantics is kept; rules of policy (our chain, the time, a way to a node
 * that is not announced) and of writing make no offer invalid.
 *
 * `text` is the offer as it is usually written, `offer_id` its id in BOLT 12 (the merkle root) and `node_offer_id` in
 * Core Lightning (the hash of its bytes); null unless valid. `offer` is null where no field at all could be read.
 */
export interface OfferExamined {
  readonly valid: boolean;
  readonly text: string | null;
  readonly offerId: string | null;
  readonly nodeOfferId: string | null;
  readonly offer: OfferShown | null;
  readonly rules: ReadonlyArray<OfferRule>;
}

/**
 * What is to be different; what is absent stays. `amountMsat` `any`: any amount; `issuer` empty: none;
 * `quantityMax` 1: one item, 0: any number; `expiresAt` 0: never. `revision`: only if the offer's `seq` is that.
 */
export interface OfferPatch {
  readonly description?: string | null;
  readonly amountMsat?: string | null;
  readonly issuer?: string | null;
  readonly quantityMax?: number | null;
  readonly expiresAt?: number | null;
  readonly revision?: number | null;
}

/**
 * A blinded path: where it begins, a key in hex or `block x transaction x output / direction` of a channel, and how
 * many hops it has.
 */
export interface OfferPath {
  readonly firstNode: string;
  readonly hops: number;
}

/** Version `number` of the offer, `offer`, is what is to be paid now. `revision` is the record's KV revision. */
export interface OfferReplacedFact {
  readonly fact: "offer-replaced";
  readonly offerId: string;
  readonly nodeId: string;
  readonly offer: string;
  readonly number: number;
  readonly revision: number;
}

/**
 * What one rule says: it is kept; broken, for that `reason`, in that `field` (null: in none alone); or unjudged, as
 * what it is about could not be read, or no offer says it (whether the node of its issuer is announced).
 */
export interface OfferRule {
  readonly rule: string;
  readonly stage: "policy" | "semantics" | "structure" | "writing";
  readonly meaning: string;
  readonly finding: "broken" | "kept" | "unjudged";
  readonly reason: string | null;
  readonly field: number | null;
}

/**
 * What an offer says; null is what it does not say, or says in one of the fields listed in `unreadable`.
 *
 * `amount_msat` is msat; a price in another currency is `amount` of its smallest unit instead; decimal strings.
 * `chains` are those it may be paid on, by name or as the hash of their first block. `expires_at` is unix seconds.
 * `quantity_max` 0: no limit; null: one item. Bytes are hex. Texts are whatever somebody wrote there.
 */
export interface OfferShown {
  readonly chains: ReadonlyArray<string>;
  readonly currency: string | null;
  readonly amountMsat: string | null;
  readonly amount: string | null;
  readonly description: string | null;
  readonly issuer: string | null;
  readonly issuerId: string | null;
  readonly paths: ReadonlyArray<OfferPath>;
  readonly expiresAt: number | null;
  readonly quantityMax: number | null;
  readonly features: string | null;
  readonly metadata: string | null;
  readonly unknown: ReadonlyArray<UnknownField>;
  readonly unreadable: ReadonlyArray<number>;
}

/**
 * What a payer reads. `amount_msat` None: any amount; `quantity_max` None: one item, 0: any number of them;
 *
 * `expires_at` is unix seconds (None: never). `single_use`: the node takes one payment, and no other after it.
 */
export interface OfferTerms {
  readonly description: string;
  readonly amountMsat?: string | null;
  readonly issuer?: string | null;
  readonly quantityMax?: number | null;
  readonly expiresAt?: number | null;
  readonly singleUse?: boolean;
}

/** Compensation: the offer is as it was, and anybody's to change who may. */
export interface OfferUnchangedFact {
  readonly fact: "offer-unchanged";
  readonly offerId: string;
}

/** Compensation: there is no such offer. */
export interface OfferUnclaimedFact {
  readonly fact: "offer-unclaimed";
  readonly offerId: string;
}

/**
 * An offer. `amount_msat` null: any amount; `quantity_max` null: one item, 0: any number; `expires_at`: unix s.
 *
 * `offer` is what is to be paid now (`lno1…`; null while it is being made). `name`: it is what that name pays, and
 * lives and ends with it. `changing`: the operation that changes it now. `versions` end with the current one, and
 * are the newest; `seq` rises with every change.
 */
export interface OfferView {
  readonly id: string;
  readonly state: "active" | "changing" | "disabled" | "making" | "used" | "expired";
  readonly nodeId: string;
  readonly name: string | null;
  readonly orderId: string | null;
  readonly amountMsat: string | null;
  readonly description: string;
  readonly issuer: string | null;
  readonly quantityMax: number | null;
  readonly expiresAt: number | null;
  readonly singleUse: boolean;
  readonly offer: string | null;
  readonly createdAt: string;
  readonly changing: string | null;
  readonly versions: ReadonlyArray<VersionView>;
  readonly seq: number;
}

/**
 * The node holds exactly one active offer labelled with this operation, and payers get to it by `way`.
 *
 * By `path`: it has a blinded path. By `id`: it has none, and the node's own gossip holds its announcement.
 */
export interface OfferedFact {
  readonly fact: "offered";
  readonly nodeId: string;
  readonly offerId: string;
  readonly offer: string;
  readonly label: string;
  readonly singleUse?: boolean;
  readonly way?: "id" | "path";
}

/** Offers in the order in which they were made; `next` is the `after` of the next page (null: that was the last). */
export interface OffersPage {
  readonly offers: ReadonlyArray<OfferView>;
  readonly next: string | null;
}

/** No cache holds `former` any more: the keys they name may go. */
export interface OldDsExpiredFact {
  readonly fact: "old-ds-expired";
  readonly zone: string;
  readonly evidence: Evidence;
  readonly former: ReadonlyArray<Ds>;
}

/** A node-manager holds what registers `node_id` (a seed, a device's answers), or nothing has to be held. */
export interface OpenedFact {
  readonly fact: "opened";
  readonly nodeId: string;
}

/**
 * The body of `GET /v1/operations/{id}`.
 *
 * `step` is the step that is pending, being undone, or failed. `result` is set once it succeeded. `seq` rises with
 * every change; 0 means that the request is stored and that no worker has taken it yet or (`refused`) ever will.
 */
export interface OperationView {
  readonly id: string;
  readonly flow: "dns.publish" | "dns.withdraw" | "invoice.create" | "node.delete" | "node.lag" | "node.register" | "node.restart" | "node.start" | "node.stop" | "node.turn" | "offer.change" | "offer.create" | "offer.disable" | "offer.enable" | "payment.receive" | "payment.send" | "payment.watch" | "record.drift" | "record.heal" | "username.health" | "username.pause" | "username.register" | "username.release" | "username.rotate" | "webhook.change" | "webhook.create" | "webhook.disable" | "webhook.ping" | "webhook.redeliver" | "webhook.remove" | "webhook.rotate" | "zone.hold" | "zone.resume" | "zone.roll" | "zone.sign" | "zone.unsign";
  readonly state: "accepted" | "cancelled" | "failed" | "failed-dirty" | "refused" | "running" | "succeeded" | "undoing" | "waiting";
  readonly step: string | null;
  readonly facts: ReadonlyArray<FactView>;
  readonly problem: ProblemView | null;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly seq: number;
}

/**
 * A node as its owner sees it. `since` (RFC 3339) is when `state` began; `seq` rises with every change.
 *
 * `signer` is whether the owner's signer is attached, as far as the node shows it; `leaving`: it is being deleted.
 */
export interface OwnNode {
  readonly id: string;
  readonly network: "bitcoin" | "regtest" | "signet" | "testnet";
  readonly state: "peers" | "registered" | "rpc" | "scheduled" | "signer" | "synced";
  readonly since: string;
  readonly signer: "attached" | "detached" | "unknown";
  readonly leaving: boolean;
  readonly operation: string;
  readonly seq: number;
}

/** The caller's nodes, oldest change first; `seq` covers them all. */
export interface OwnNodes {
  readonly nodes: ReadonlyArray<OwnNode>;
  readonly seq: number;
}

/** The node (its public key, 66 hex) whose wallet is asked to take in a device of ours. */
export interface PairingBody {
  readonly nodeId: string;
}

/** Note: the owner's wallet can approve our device now; `code` is what it scans or pastes. */
export interface PairingOfferedFact {
  readonly fact: "pairing-offered";
  readonly nodeId: string;
  readonly code: string;
}

/** No address of the parent gives a DS, again and again: the zone may be signed. */
export interface ParentClearFact {
  readonly fact: "parent-clear";
  readonly zone: string;
  readonly evidence: Evidence;
}

/** The name is its owner's, and pays nothing until it is given a new offer. `revision` is the KV revision. */
export interface PausedFact {
  readonly fact: "paused";
  readonly name: string;
  readonly offerExpiresAt: number;
  readonly revision: number;
}

/**
 * Who is paid: `offer` for a name or an offer, None for a BOLT 11 invoice, which says it all itself.
 *
 * `name` was proven from the DNS root; `proof_sha256` is of its RFC 9102 records, `valid_until` (unix s) their end.
 */
export interface PayeeFoundFact {
  readonly fact: "payee-found";
  readonly nodeId: string;
  readonly kind: "bolt11" | "name" | "offer";
  readonly offer?: string | null;
  readonly name?: string | null;
  readonly proofSha256?: string | null;
  readonly validUntil?: number | null;
}

/**
 * What to pay. Amounts in msat. Absent `amountMsat`: what the payee asks for; `maxFeeMsat`: one per cent, at least
 * 5 sat; `nodeId`: the caller's only node. `quantity`: how many, of an offer that is sold by number. `to`: a name, an
 * offer or an invoice, also as a wallet's QR code shows it (`lightning:…`, a `bitcoin:` URI with `lno=` or
 * `lightning=`, whose `amount` counts); what is kept and shown is what it wraps.
 */
export interface PaymentBody {
  readonly to: string;
  readonly amountMsat?: string | null;
  readonly maxFeeMsat?: string | null;
  readonly payerNote?: string | null;
  readonly quantity?: number | null;
  readonly nodeId?: string | null;
}

/**
 * The owner's node `node_id` (66 hex) was paid `amount_msat` (msat) under `payment_hash` (hex).
 *
 * All of it is the node's word, said once: `paid_at` is unix seconds by its clock, `pay_index` its number among the
 * node's paid invoices. What was paid: the BOLT 11 invoice that operation `invoice_id` made, or offer `offer_id` in
 * the version that operation `version` made; neither: something that its owner made without us. `payer_note` is the
 * payer's own text, `description` the invoice's.
 */
export interface PaymentReceive {
  readonly type: "payment.receive.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly paidAt: number;
  readonly payIndex: number;
  readonly invoiceId?: string | null;
  readonly offerId?: string | null;
  readonly version?: string | null;
  readonly description?: string | null;
  readonly payerNote?: string | null;
}

/**
 * Pay `to` (`₿user@domain`, a BOLT 12 offer, a BOLT 11 invoice) from the owner's node `node_id` (66 hex), once.
 *
 * Amounts in msat: `amount_msat` None: what the payee asks for; `max_fee_msat` None: `schemas.payments.fee_limit`.
 * `quantity`: how many items of an offer that is sold by number.
 */
export interface PaymentSend {
  readonly type: "payment.send.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly to: string;
  readonly amountMsat?: string | null;
  readonly maxFeeMsat?: string | null;
  readonly payerNote?: string | null;
  readonly quantity?: number | null;
}

/** Note: the node was told to pay and it is not known yet what came of it. The value stays reserved. */
export interface PaymentUnknownFact {
  readonly fact: "unknown";
  readonly paymentHash: string;
}

/**
 * A payment. Amounts in msat as decimal strings; `created_at` is RFC 3339 UTC; `seq` rises with every change.
 *
 * What is null is not known yet. `settled` is only ever said by a preimage of `payment_hash`, `failed` only when it is
 * proven that nothing was paid and nothing will be; `unknown` means neither, and `problem` says why. Only a preimage
 * that comes to light after all turns `failed` into `settled`. `duplicate`: another payment had paid the invoice, and
 * this one moved nothing (the amount and the fee are what that one cost).
 */
export interface PaymentView {
  readonly id: string;
  readonly state: "created" | "failed" | "invoiceReady" | "resolving" | "sending" | "settled" | "unknown";
  readonly nodeId: string;
  readonly to: string;
  readonly createdAt: string;
  readonly name: string | null;
  readonly amountMsat: string | null;
  readonly maxFeeMsat: string | null;
  readonly feeMsat: string | null;
  readonly duplicate: boolean;
  readonly paymentHash: string | null;
  readonly payee: string | null;
  readonly description: string | null;
  readonly payerNote: string | null;
  readonly quantity: number | null;
  readonly expiresAt: number | null;
  readonly problem: ProblemView | null;
  readonly seq: number;
}

/**
 * See whether `payment`, which was called failed, is paid after all; node-manager asks this of itself.
 *
 * Its node was told to pay `amount_msat` under `payment_hash` (hex) by an invoice that ends at `expires_at` (unix s).
 */
export interface PaymentWatch {
  readonly type: "payment.watch.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly nodeId: string;
  readonly payment: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly expiresAt: number;
}

/** Nothing more can come of a payment that failed: its invoice has ended, or it was paid late, which was told. */
export interface PaymentWatchedFact {
  readonly fact: "watched";
  readonly payment: string;
  readonly paymentHash: string;
}

/**
 * A page of the caller's payments of the last 30 days, oldest first; `next` is the `after` of the next page (null:
 * that was the last).
 */
export interface Payments {
  readonly payments: ReadonlyArray<PaymentView>;
  readonly next: number | null;
}

/** The edge is there; a client that hears nothing for a minute should connect anew. */
export interface PingFrame {
  readonly op: "ping";
}

/** The answer to a ping; nobody insists on it. */
export interface PongFrame {
  readonly op: "pong";
}

/** One answer that was checked: `server` is `address:port`, `transport` is udp, tcp or doh, `ok` says as desired. */
export interface Probe {
  readonly server: string;
  readonly transport: string;
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Why a request was refused. `code` is stable (`type` is a URN of it), `detail` is for a person.
 *
 * `retryable`: the same request may succeed later. `trace_id` is also the answer's `X-Trace-Id`. Some codes add
 * members of their own.
 */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly traceId: string;
}

/** Why the socket is being closed. */
export interface ProblemFrame {
  readonly op: "problem";
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly retryable: boolean;
}

/** Why an operation failed, or what it waits for: a row of `schemas.problems` with this case's detail. */
export interface ProblemView {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly retryable: boolean;
}

/**
 * How an answer is proven: it holds in [valid_from, valid_until] (unix seconds) through `zones`, the root first.
 *
 * `cache_s` is how many seconds the answer may still be kept: never more than the lowest original TTL in the chain.
 */
export interface Proof {
  readonly validFrom: number;
  readonly validUntil: number;
  readonly cacheS: number;
  readonly zones: ReadonlyArray<string>;
}

/**
 * It does not. `reason` is stable, for programs; `where` is a name and type in it, or empty.
 *
 * `explanation` says in plain words what is wrong and what helps. With the verdict `secure` the proof itself holds,
 * but what it proves must not be paid.
 */
export interface ProofFails {
  readonly result: "fails";
  readonly name: string;
  readonly verdict: "bogus" | "indeterminate" | "insecure" | "secure" | "unreadable";
  readonly reason: string;
  readonly where: string;
  readonly explanation: string;
}

/** It proves that the name pays `uri`, in the window and for as long as `proof` says. */
export interface ProofHolds {
  readonly result: "holds";
  readonly name: string;
  readonly verdict: "bogus" | "indeterminate" | "insecure" | "secure" | "unreadable";
  readonly ownerName: string;
  readonly uri: string;
  readonly proof: Proof;
}

/**
 * Note: a change is on its way; `right` of `servers` authoritative addresses show it, `detail` is what one says.
 *
 * Told at the first look that finds some wrong, and again whenever more are right than ever before: never more often
 * than there are servers. What follows is `authoritative` (or `absent`), or `failed` with the reason. `settles_in_s`:
 * how long (at least) after the last one is right caches may still hold what was there before.
 */
export interface PropagatingFact {
  readonly fact: "propagating";
  readonly right: number;
  readonly servers: number;
  readonly detail: string;
  readonly settlesInS?: number | null;
}

/**
 * The provider holds exactly one `bitcoin:` TXT at `owner_name` and it equals the URI.
 *
 * `previous_ttl_s` is the TTL of what was there before (None: nothing), for the clock of P4. `changed` is false if all
 * of that stood there already: then no cache can hold anything older.
 */
export interface PublishedFact {
  readonly fact: "published";
  readonly ownerName: string;
  readonly zone: string;
  readonly recordId: string;
  readonly contentSha256: string;
  readonly ttlS: number;
  readonly previousTtlS: number | null;
  readonly changed?: boolean;
}

/** The name is nobody's; until `until` (unix seconds) only its former owner may register it. */
export interface QuarantinedFact {
  readonly fact: "quarantined";
  readonly name: string;
  readonly until: number;
  readonly revision: number;
}

/**
 * What would be paid. Amounts in msat; `payee` is the key that signs or is to sign, hex (null: not said).
 *
 * `expires_at` is unix seconds (null: never). `max_fee_msat` is the most it would cost on top.
 */
export interface Quote {
  readonly kind: "bolt11" | "name" | "offer";
  readonly name: string | null;
  readonly verdict: "secure" | null;
  readonly amountMsat: string;
  readonly maxFeeMsat: string;
  readonly payee: string | null;
  readonly issuer: string | null;
  readonly description: string | null;
  readonly expiresAt: number | null;
}

/** The process could serve a request now; every check says `ok`, some with a remark after a colon. */
export interface Ready {
  readonly checks: Readonly<Record<string, string>>;
  readonly status?: "ready";
}

/**
 * The node answered a signed call with the narrowed rune. `version` is its Core Lightning version; `revision` that
 * of the NodeView that says so (None: written before there were any).
 */
export interface ReadyFact {
  readonly fact: "ready";
  readonly nodeId: string;
  readonly version: string;
  readonly blockHeight: number;
  readonly revision?: number | null;
}

/** The client is known; `head` is the newest sequence of its log (0: empty). */
export interface ReadyFrame {
  readonly op: "ready";
  readonly head: number;
}

/** Why a name cannot be registered: a problem code and a sentence. */
export interface Reason {
  readonly code: string;
  readonly detail: string;
}

/** The node was paid, as `schemas.requests.PaymentReceive` says it: one fact for one payment hash. */
export interface ReceivedFact {
  readonly fact: "received";
  readonly nodeId: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly paidAt: number;
  readonly invoiceId?: string | null;
  readonly offerId?: string | null;
  readonly version?: string | null;
  readonly description?: string | null;
  readonly payerNote?: string | null;
}

/** The body of POST: `name` as `user@domain`, or `user` and `domain`. Absent `ttl` (seconds): as configured. */
export interface RecordBody {
  readonly uri: string;
  readonly name?: string | null;
  readonly user?: string | null;
  readonly domain?: string | null;
  readonly ttl?: number | null;
}

/**
 * Tell the name's owner that its record is not as we published it; dns-publisher asks this of itself.
 *
 * `pubkey` is empty; `since` is unix seconds.
 */
export interface RecordDrift {
  readonly type: "record.drift.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
  readonly kind: "blocked" | "changed" | "missing" | "second" | "ttl";
  readonly detail: string;
  readonly since: number;
  readonly repairs: boolean;
}

/** Tell the name's owner that its record is right again; dns-publisher asks this of itself. `pubkey` is empty. */
export interface RecordHeal {
  readonly type: "record.heal.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
  readonly how: "by-itself" | "repaired";
  readonly since: number;
}

/**
 * One payment record. `by`: whose name it is, a seller's or the operators'.
 *
 * `owner` and `operation` are who asked last, and by which operation. `uri` is null until it was proven in DNS;
 * `ttl_s` and `sha256` (of the payload's bytes) are what the provider was last seen to hold. `drift`: it does not.
 * `offer_expires_at` (unix seconds) is null for an offer without an end.
 */
export interface RecordView {
  readonly name: string;
  readonly by: "operator" | "seller";
  readonly state: "active" | "paused" | "quarantined" | "releasing" | "reserved";
  readonly owner: string;
  readonly operation: string;
  readonly uri: string | null;
  readonly ttlS: number | null;
  readonly sha256: string | null;
  readonly offerExpiresAt: number | null;
  readonly drift: DriftView | null;
  readonly seq: number;
}

/** The name is live with its record. `revision` is the KV revision that says so. */
export interface RecordedFact {
  readonly fact: "recorded";
  readonly name: string;
  readonly uri: string;
  readonly revision: number;
}

/** Records in the order of their names; `next` is what to ask `after` for more, null at the end. */
export interface RecordsPage {
  readonly records: ReadonlyArray<RecordView>;
  readonly next: string | null;
}

/**
 * The scheduler issued a device certificate. `how`: `registered`, `recovered` (it existed),
 * `paired`, or `self-hosted` (its owner's own: nobody else was asked).
 */
export interface RegisteredFact {
  readonly fact: "registered";
  readonly nodeId: string;
  readonly network: "bitcoin" | "regtest" | "signet" | "testnet";
  readonly how: string;
}

/** Compensation: the reservation is gone, if it was ours. */
export interface ReleasedFact {
  readonly fact: "released";
  readonly name: string;
}

/** The provider holds no payment record of ours at `owner_name`. `ttl_s` is the TTL under which it was published. */
export interface RemovedFact {
  readonly fact: "removed";
  readonly ownerName: string;
  readonly zone: string;
  readonly ttlS: number;
}

/**
 * Why the request at INGRESS sequence `seq` was not taken; what stood under `op` before it stands as it did.
 *
 * `op` is the last token of the subject that was asked on, or a digest of the whole subject where that token could
 * stand in no subject of ours. `code` is a problem code, `detail` says which rule and never repeats what was sent.
 * `at` is when the request was stored (RFC 3339 UTC), `sha256` lower-case hex over its exact bytes, and `owner` whose
 * it was, once that much of it could be believed.
 */
export interface RequestRefused {
  readonly op: string;
  readonly seq: number;
  readonly code: string;
  readonly detail: string;
  readonly at: string;
  readonly sha256: string;
  readonly owner?: string | null;
}

/** The operation exists. `flow_version` is the version of the steps table it runs under. */
export interface RequestedFact {
  readonly fact: "requested";
  readonly flow: "dns.publish" | "dns.withdraw" | "invoice.create" | "node.delete" | "node.lag" | "node.register" | "node.restart" | "node.start" | "node.stop" | "node.turn" | "offer.change" | "offer.create" | "offer.disable" | "offer.enable" | "payment.receive" | "payment.send" | "payment.watch" | "record.drift" | "record.heal" | "username.health" | "username.pause" | "username.register" | "username.release" | "username.rotate" | "webhook.change" | "webhook.create" | "webhook.disable" | "webhook.ping" | "webhook.redeliver" | "webhook.remove" | "webhook.rotate" | "zone.hold" | "zone.resume" | "zone.roll" | "zone.sign" | "zone.unsign";
  readonly flowVersion: number;
  readonly request: NodeRegister | NodeStart | NodeStop | NodeRestart | NodeDelete | NodeTurn | NodeLag | PaymentSend | PaymentWatch | OfferCreate | PaymentReceive | InvoiceCreate | OfferChange | OfferDisable | OfferEnable | UsernameRegister | UsernameRotate | UsernameRelease | UsernamePause | UsernameHealth | DnsPublish | DnsWithdraw | RecordDrift | RecordHeal | WebhookCreate | WebhookChange | WebhookRemove | WebhookRotate | WebhookPing | WebhookRedeliver | WebhookDisable | ZoneSign | ZoneUnsign | ZoneRoll | ZoneHold | ZoneResume;
}

/** The name belongs to this operation. `revision` is the KV revision of the reservation. */
export interface ReservedFact {
  readonly fact: "reserved";
  readonly name: string;
  readonly revision: number;
}

/** The question. `name` is `user@domain`, with or without the leading ₿, in any case. */
export interface Resolve {
  readonly name: string;
}

/**
 * Secure, and exactly one TXT holds instructions: `uri`, byte for byte as published.
 *
 * `records` (base64 in JSON) is the same as an RFC 9102 proof: whoever holds it need not take our word.
 * `made_at` (unix seconds): nobody could be asked now, and the proof is one that was kept since then (None: it was
 * made just now).
 */
export interface Resolved {
  readonly result: "resolved";
  readonly name: string;
  readonly verdict: "bogus" | "indeterminate" | "insecure" | "secure";
  readonly ownerName: string;
  readonly uri: string;
  readonly proof: Proof;
  readonly records?: string;
  readonly madeAt?: number | null;
}

/**
 * What a name pays, byte for byte as published, and how that is proven; `display` is the name for a person.
 *
 * `records` are the proof (RFC 9102), `psbt_out_dnssec_proof` the value of a PSBT's field 0x35 (BIP 353); base64.
 * `made_at` (unix seconds) is null unless DNS could not be asked now, and the proof is one of a name of ours that was
 * kept since then: it holds, but the record may have changed since.
 */
export interface ResolvedName {
  readonly name: string;
  readonly display: string;
  readonly uri: string;
  readonly verdict: "bogus" | "indeterminate" | "insecure" | "secure";
  readonly proof: Proof;
  readonly records: string;
  readonly psbtOutDnssecProof: string;
  readonly madeAt?: number | null;
}

/**
 * Compensation: what the name paid before is the only payment record at `owner_name` again.
 *
 * `expired`: it would have outlived its offer, so none of ours stands there.
 */
export interface RestoredFact {
  readonly fact: "restored";
  readonly ownerName: string;
  readonly ttlS: number;
  readonly expired?: boolean;
}

/** Every active offer on `node_id` that the name paid before was disabled; their ids. */
export interface RetiredFact {
  readonly fact: "retired";
  readonly nodeId: string;
  readonly offerIds: ReadonlyArray<string>;
}

/** The name is live with its new offer, and anybody's to change who may. `revision` is the KV revision. */
export interface RotatedFact {
  readonly fact: "rotated";
  readonly name: string;
  readonly uri: string;
  readonly nodeId: string;
  readonly revision: number;
}

/** The node runs; its address changes with every start and is deliberately not kept here. */
export interface ScheduledFact {
  readonly fact: "scheduled";
  readonly nodeId: string;
}

/** A sealed box (base64) for the node-manager process `instance`, made with its key `kid`. */
export interface SealedSeed {
  readonly instance: string;
  readonly kid: string;
  readonly box: string;
}

/**
 * Bucket `keys`, key = `instance`; a node-manager process's X25519 public key, alive while it refreshes it.
 *
 * `public_key` and `signature` are base64; the signature is by node-manager's nkey over `signing_bytes()`;
 * `expires_at` is unix seconds.
 */
export interface SealingKey {
  readonly instance: string;
  readonly kid: string;
  readonly publicKey: string;
  readonly expiresAt: number;
  readonly signature?: string;
}

/** The keys a client may seal to now, longest-lived first. */
export interface SealingKeys {
  readonly keys: ReadonlyArray<SealingKey>;
}

/** The secret that signs now, as `whsec_<base64>`; the one before it signs too until `previous_secret_until`. */
export interface SecretView {
  readonly secret: string;
  readonly secretVersion: number;
  readonly previousSecretUntil: string | null;
}

/** Note: no node-manager holds what the owner's device sent any more (restart); it should send it again. */
export interface SeedLostFact {
  readonly fact: "seed-lost";
  readonly nodeId: string;
}

/** The value is reserved and from now on the node may be told to pay: only evidence ends this. */
export interface SendingFact {
  readonly fact: "sending";
  readonly nodeId: string;
  readonly paymentHash: string;
  readonly reservedMsat: string;
}

/** `token` is shown this once; it reads until `expires_at` (RFC 3339 UTC). */
export interface SessionStarted {
  readonly token: string;
  readonly expiresAt: string;
}

/**
 * The payee was paid: the node showed a preimage whose SHA-256 is `payment_hash`. Amounts in msat.
 *
 * `duplicate`: by another payment of the same invoice, which cost that; this one moved nothing.
 */
export interface SettledFact {
  readonly fact: "settled";
  readonly nodeId: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly feeMsat: string;
  readonly duplicate?: boolean;
}

/**
 * Note: `payment` was called failed, and was paid after all: the node showed a preimage whose SHA-256 is
 * `payment_hash`, of a try that it made for that payment. Amounts in msat.
 */
export interface SettledLateFact {
  readonly fact: "settled-late";
  readonly payment: string;
  readonly nodeId: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  readonly feeMsat: string;
}

/**
 * What is to be done. `parent`: how the DS gets there this time; absent: as the setting says.
 *
 * `maxTtlS`, for `sign`: the longest TTL in the zone, in seconds; absent: a day. Less than the truth is dangerous.
 */
export interface SigningBody {
  readonly action: "roll" | "sign" | "unsign";
  readonly parent?: "cds" | "manual" | "rfc2136" | null;
  readonly maxTtlS?: number;
}

/**
 * How the signing of a zone stands: its `state` since when (RFC 3339; null: nothing was ever asked of us).
 *
 * `operation` changes it, or was the last that did; `ds` is what the parent should give; `waitsFor` says what keeps
 * the next gate closed, and `openSince` since when it was seen open (RFC 3339).
 */
export interface SigningView {
  readonly zone: string;
  readonly state: "ds-at-parent" | "ds-ready" | "ds-removal" | "ds-submitted" | "ds2-at-parent" | "ds2-submitted" | "insecure-signed" | "key2-published" | "old-retired" | "secure" | "signed-no-ds" | "unsigned" | null;
  readonly since: string | null;
  readonly operation: string | null;
  readonly ds: ReadonlyArray<Ds>;
  readonly held: HoldView | null;
  readonly waitsFor: string;
  readonly openSince: string | null;
}

/**
 * What is to be different about an offer; None: that stays.
 *
 * `amount_msat` `any`: any amount; `issuer` empty: none; `quantity_max` 1: one item; `expires_at` 0: never.
 */
export interface TermsChange {
  readonly description?: string | null;
  readonly amountMsat?: string | null;
  readonly issuer?: string | null;
  readonly quantityMax?: number | null;
  readonly expiresAt?: number | null;
}

/** `aspect` of the name is in `state` since `since` (RFC 3339); `what_to_do` is for its owner. */
export interface TurnedFact {
  readonly fact: "turned";
  readonly name: string;
  readonly aspect: "dns" | "dnssec" | "offer" | "signer";
  readonly state: "degraded" | "down" | "ok" | "unknown";
  readonly was: "degraded" | "down" | "ok" | "unknown";
  readonly since: string;
  readonly reason: string;
  readonly whatToDo: string;
}

/** Compensation: the name is live as it was, and anybody's to change who may. */
export interface UnchangedFact {
  readonly fact: "unchanged";
  readonly name: string;
}

/** Compensation: the name is as it was, and anybody's to claim who may. */
export interface UnclaimedFact {
  readonly fact: "unclaimed";
  readonly name: string;
}

/** A field without a meaning for us; its value in hex. `must_be_understood`: no offer may have it. */
export interface UnknownField {
  readonly type: number;
  readonly value: string;
  readonly mustBeUnderstood: boolean;
}

/** Compensation: nothing of this payment is reserved any more. */
export interface UnreservedFact {
  readonly fact: "unreserved";
  readonly nodeId: string;
}

/** We could not find out (`dnssec-indeterminate`), or the question is no name (`username-invalid`). */
export interface Unresolved {
  readonly result: "unresolved";
  readonly name: string;
  readonly verdict: "bogus" | "indeterminate" | "insecure" | "secure";
  readonly code: string;
  readonly detail: string;
}

/**
 * What stands at the name must not be paid. `code` is a problem code, `detail` says what is wrong.
 *
 * `dnssec-bogus` (the chain does not hold), `dnssec-insecure` (the zone is provably unsigned), `name-ambiguous`
 * (several `bitcoin:` records, BIP 353 says to use none) or `uri-invalid` (one, but it is no BIP 321 URI).
 */
export interface Unusable {
  readonly result: "unusable";
  readonly name: string;
  readonly verdict: "bogus" | "indeterminate" | "insecure" | "secure";
  readonly code: string;
  readonly detail: string;
}

/** The body of the call. Absent `domain`: the default one. Absent `nodeId`: the caller's only node. */
export interface UsernameBody {
  readonly username: string;
  readonly domain?: string | null;
  readonly nodeId?: string | null;
}

/**
 * `aspect` of `₿username@domain` is in `state` since `since` (RFC 3339) for `reason`, after it was known as `was`.
 *
 * offer-builder asks this of itself, so that the owner is told as of everything else.
 */
export interface UsernameHealth {
  readonly type: "username.health.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
  readonly aspect: "dns" | "dnssec" | "offer" | "signer";
  readonly state: "degraded" | "down" | "ok" | "unknown";
  readonly was: "degraded" | "down" | "ok" | "unknown";
  readonly since: string;
  readonly reason: string;
}

/**
 * Take the record of `₿username@domain` out before its offer expires at `expiring_at` (unix seconds).
 *
 * offer-builder asks this of itself; the name stays its owner's.
 */
export interface UsernamePause {
  readonly type: "username.pause.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
  readonly expiringAt: number;
}

/** Make `₿username@domain` pay the owner's node `node_id` (66 hex). */
export interface UsernameRegister {
  readonly type: "username.register.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
  readonly nodeId: string;
}

/** Give `₿username@domain` up: its record goes, then its offer, and it rests before somebody else may have it. */
export interface UsernameRelease {
  readonly type: "username.release.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
}

/**
 * Make the live name `₿username@domain` pay a new offer, made on the owner's node `node_id` (66 hex).
 *
 * `expiring_at` (unix seconds): offer-builder asks this of itself, because what the name pays now expires then.
 * `terms`: what the new offer is to say otherwise than the one before (None: nothing); `offer_revision`: only if the
 * record of the name's offer stands at it.
 */
export interface UsernameRotate {
  readonly type: "username.rotate.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly username: string;
  readonly domain: string;
  readonly nodeId: string;
  readonly expiringAt?: number | null;
  readonly terms?: TermsChange | null;
  readonly offerRevision?: number | null;
}

/**
 * P4: no compliant cache can hold anything older any more. `resolvers` were sampled after P1 (P3), never before.
 *
 * `visible` says whether enough of them agreed; `took_s` is how long it took since the record was published.
 */
export interface VerifiedFact {
  readonly fact: "verified";
  readonly verdict: string;
  readonly validFrom: number;
  readonly validUntil: number;
  readonly authoritative: ReadonlyArray<Probe>;
  readonly resolvers: ReadonlyArray<Probe>;
  readonly visible?: boolean;
  readonly tookS?: number;
}

/** The question: does `proof` (RFC 9102 bytes, base64 in JSON) prove what `name` pays, now? */
export interface VerifyProof {
  readonly name: string;
  readonly proof: string;
}

/**
 * One version. `offer_id` (64 hex) is the node's own id of it; times are RFC 3339 UTC, `expires_at` unix seconds.
 *
 * From `replaced_at` on nobody is told to pay it; it is payable for a while longer, for those who were told before.
 */
export interface VersionView {
  readonly number: number;
  readonly operation: string;
  readonly nodeId: string;
  readonly offerId: string;
  readonly offer: string;
  readonly madeAt: string;
  readonly replacedAt: string | null;
  readonly expiresAt: number | null;
}

/** Note: without the owner's signer the node can only make an offer that nobody can pay. */
export interface WaitingForSignerFact {
  readonly fact: "waiting-for-signer";
  readonly nodeId: string;
}

/** Change what is given; `enabled` switches it on (and forgives its failures) or off. */
export interface WebhookChange {
  readonly type: "webhook.change.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly webhookId: string;
  readonly url?: string | null;
  readonly events?: ReadonlyArray<string> | null;
  readonly description?: string | null;
  readonly enabled?: boolean | null;
}

/** The webhook is as asked; `state` is `enabled` or `disabled`. */
export interface WebhookChangedFact {
  readonly fact: "webhook-changed";
  readonly webhookId: string;
  readonly host: string;
  readonly state: string;
  readonly revision: number;
}

/** Send the owner's notifications that match `events` (none: all) to `url`. */
export interface WebhookCreate {
  readonly type: "webhook.create.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly url: string;
  readonly events?: ReadonlyArray<string>;
  readonly description?: string;
}

/** The webhook stands. Of its URL only `host` is told: the rest may hold a token. */
export interface WebhookCreatedFact {
  readonly fact: "webhook-created";
  readonly webhookId: string;
  readonly host: string;
  readonly revision: number;
}

/** Stop sending to a webhook that only fails; notifier asks this of itself. `failing_since` is unix seconds. */
export interface WebhookDisable {
  readonly type: "webhook.disable.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly webhookId: string;
  readonly reason: "failing" | "gone";
  readonly failingSince: number;
}

/** Nothing more is sent to the webhook until its owner enables it. `reason` is `failing` or `gone` (HTTP 410). */
export interface WebhookDisabledFact {
  readonly fact: "webhook-disabled";
  readonly webhookId: string;
  readonly host: string;
  readonly reason: string;
  readonly failingSince: number;
  readonly revision: number;
}

/** All webhooks of the caller; `seq` rises whenever one of them changes (0: there never were any). */
export interface WebhookList {
  readonly webhooks: ReadonlyArray<WebhookView>;
  readonly seq: number;
}

/** Send a test event, once, and say what the receiver answered. */
export interface WebhookPing {
  readonly type: "webhook.ping.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly webhookId: string;
}

/** A test event was sent: the receiver's `status`, or the `error` that came instead. `accepted`: it was a 2xx. */
export interface WebhookPingedFact {
  readonly fact: "webhook-pinged";
  readonly webhookId: string;
  readonly deliveryId: string;
  readonly accepted: boolean;
  readonly status: number | null;
  readonly error: string | null;
}

/** Send a delivery again, from the first retry on, whatever it had come to. */
export interface WebhookRedeliver {
  readonly type: "webhook.redeliver.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly webhookId: string;
  readonly deliveryId: string;
}

/** The delivery is on its way again. */
export interface WebhookRedeliveredFact {
  readonly fact: "webhook-redelivered";
  readonly webhookId: string;
  readonly deliveryId: string;
}

/** Forget the webhook; what is still pending for it is given up. */
export interface WebhookRemove {
  readonly type: "webhook.remove.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly webhookId: string;
}

/** The owner has no such webhook any more. */
export interface WebhookRemovedFact {
  readonly fact: "webhook-removed";
  readonly webhookId: string;
  readonly revision: number;
}

/** Sign with a new secret; for a while the old one signs as well. */
export interface WebhookRotate {
  readonly type: "webhook.rotate.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly webhookId: string;
}

/** Secret `secret_version` signs; until `previous_until` (unix seconds) the one before it signs as well. */
export interface WebhookRotatedFact {
  readonly fact: "webhook-rotated";
  readonly webhookId: string;
  readonly secretVersion: number;
  readonly previousUntil: number;
  readonly revision: number;
}

/** One webhook. Times are RFC 3339 UTC; `disabledBy` is `owner`, `failing` or `gone`; `seq` is the record's. */
export interface WebhookView {
  readonly id: string;
  readonly url: string;
  readonly events: ReadonlyArray<string>;
  readonly description: string;
  readonly state: string;
  readonly disabledBy: string | null;
  readonly disabledAt: string | null;
  readonly failingSince: string | null;
  readonly createdAt: string;
  readonly secretVersion: number;
  readonly previousSecretUntil: string | null;
  readonly seq: number;
}

/** Compensation: no record of this operation is left at `owner_name`. */
export interface WithdrawnFact {
  readonly fact: "withdrawn";
  readonly ownerName: string;
}

/**
 * The zone is this operation's to change. `former` is the DS set that every address of the parent gives.
 *
 * `ds_ttl_s` is how long caches may keep it (of a set that does not stand yet: what the parent would give it).
 * `was_signed`: the zone was served with keys already. `max_ttl_s` bounds every TTL in the zone.
 */
export interface ZoneClaimedFact {
  readonly fact: "zone-claimed";
  readonly zone: string;
  readonly evidence: Evidence;
  readonly signer: "cloudflare" | "self";
  readonly parent: "cds" | "manual" | "rfc2136";
  readonly former: ReadonlyArray<Ds>;
  readonly dsTtlS: number;
  readonly wasSigned: boolean;
  readonly maxTtlS: number;
}

/** With `ds` at the parent the zone would be secure at every address, and would have been for as long as needed. */
export interface ZoneDsReadyFact {
  readonly fact: "zone-ds-ready";
  readonly zone: string;
  readonly evidence: Evidence;
  readonly ds: ReadonlyArray<Ds>;
}

/** Compensation: the zone is anybody's to change who may. */
export interface ZoneFreedFact {
  readonly fact: "zone-freed";
  readonly zone: string;
}

/** Nobody changes the zone, its signing or its DS until it is resumed; what was under way is over. */
export interface ZoneHeldFact {
  readonly fact: "zone-held";
  readonly zone: string;
  readonly reason: string;
}

/** Change nothing about `zone` until it is resumed. `reason` is for those who look. */
export interface ZoneHold {
  readonly type: "zone.hold.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly zone: string;
  readonly reason?: string;
}

/** The zone is unsigned at every address, and that it may be is proven from the root. */
export interface ZoneInsecureFact {
  readonly fact: "zone-insecure";
  readonly zone: string;
  readonly evidence: Evidence;
}

/** Note: the operation does nothing but wait; while it does, none of its times runs. */
export interface ZoneOnHoldFact {
  readonly fact: "zone-on-hold";
  readonly zone: string;
  readonly reason: string;
}

/** The signer and the parent are those of the settings; nothing was told to either. Undone when signing stops. */
export interface ZonePreparedFact {
  readonly fact: "zone-prepared";
  readonly zone: string;
  readonly signer: "cloudflare" | "self";
  readonly parent: "cds" | "manual" | "rfc2136";
}

/** Let `zone` be changed again. */
export interface ZoneResume {
  readonly type: "zone.resume.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly zone: string;
}

/** The zone may be changed again. */
export interface ZoneResumedFact {
  readonly fact: "zone-resumed";
  readonly zone: string;
}

/** Follow the signer of `zone` to its new key signing key: change the DS, and say when the old key may go. */
export interface ZoneRoll {
  readonly type: "zone.roll.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly zone: string;
  readonly parent?: "cds" | "manual" | "rfc2136" | null;
}

/** The zone is secure from the root at every address, and no cache holds that it was otherwise. */
export interface ZoneSecureFact {
  readonly fact: "zone-secure";
  readonly zone: string;
  readonly evidence: Evidence;
  readonly ds: ReadonlyArray<Ds>;
}

/**
 * Sign `zone` (lower-case, no final dot) and bring its DS to the parent, as the setting says or by `parent`.
 *
 * `max_ttl_s` is the longest TTL in the zone: so long a cache may hold what was served unsigned.
 */
export interface ZoneSign {
  readonly type: "zone.sign.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly zone: string;
  readonly parent?: "cds" | "manual" | "rfc2136" | null;
  readonly maxTtlS?: number;
}

/** The signer was told to sign, or (`detail`) the operator is to configure it. */
export interface ZoneSigningFact {
  readonly fact: "zone-signing";
  readonly zone: string;
  readonly signer: "cloudflare" | "self";
  readonly detail: string;
}

/** No cache can hold a DS any more, and the signer was told to stop, or (`detail`) the operator may stop it. */
export interface ZoneSigningStoppedFact {
  readonly fact: "zone-signing-stopped";
  readonly zone: string;
  readonly detail: string;
}

/** Take the DS of `zone` away and, when no cache holds it, stop signing. */
export interface ZoneUnsign {
  readonly type: "zone.unsign.v1";
  readonly op: string;
  readonly owner: string;
  readonly pubkey: string;
  readonly bodySha256: string;
  readonly askedAt: string;
  readonly traceparent?: string | null;
  readonly zone: string;
  readonly parent?: "cds" | "manual" | "rfc2136" | null;
}

/**
 * A domain that we publish in. `records`: how many payment records we keep there, sellers' and operators'.
 *
 * `publisher` serves it (null: not known yet), as part of the provider's `providerZone`, which holds `used` of `quota`
 * records, whoever made them (null: nobody counts). `sellers`: whether sellers may register names there. `drifted`:
 * how many records somebody else has changed, seen twice; `repairs`: they are put right. `checkedAt` (RFC 3339) is
 * when the zone was last compared whole, null before the first time; `checkProblem` why it could not be since.
 */
export interface ZoneView {
  readonly zone: string;
  readonly publisher: string | null;
  readonly providerZone: string | null;
  readonly used: number | null;
  readonly quota: number | null;
  readonly sellers: boolean;
  readonly records: number;
  readonly drifted: number;
  readonly repairs: boolean;
  readonly checkedAt: string | null;
  readonly checkProblem: string | null;
}

/** Note: what the gate of `step` waited for when it was first looked at. */
export interface ZoneWaitingFact {
  readonly fact: "zone-waiting";
  readonly zone: string;
  readonly step: string;
  readonly detail: string;
}

export type Fact =
  | RequestedFact
  | FailedFact
  | CancelledFact
  | FailedDirtyFact
  | OpenedFact
  | SeedLostFact
  | PairingOfferedFact
  | RegisteredFact
  | ScheduledFact
  | NarrowedFact
  | ReadyFact
  | ForgottenFact
  | NodeStartedFact
  | NodeStoppedFact
  | NodeStuckFact
  | NodeLeavingFact
  | NodeKeptFact
  | NodeUnusedFact
  | NodeDeletedFact
  | NodeTurnedFact
  | NodeBehindFact
  | PayeeFoundFact
  | InvoiceReadyFact
  | SendingFact
  | PaymentUnknownFact
  | PaymentWatchedFact
  | SettledFact
  | SettledLateFact
  | UnreservedFact
  | OfferClaimedFact
  | OfferUnclaimedFact
  | OfferCreatedFact
  | InvoiceMadeFact
  | ReceivedFact
  | CreditedFact
  | OfferChangingFact
  | OfferUnchangedFact
  | OfferReplacedFact
  | OfferClosingFact
  | OfferClosedFact
  | OfferAnsweringFact
  | OfferEnabledFact
  | ReservedFact
  | ReleasedFact
  | OfferedFact
  | WaitingForSignerFact
  | OfferDisabledFact
  | ComposedFact
  | PublishedFact
  | WithdrawnFact
  | PropagatingFact
  | AuthoritativeFact
  | VerifiedFact
  | ActivatedFact
  | ChangingFact
  | UnchangedFact
  | RotatedFact
  | RemovedFact
  | RestoredFact
  | AbsentFact
  | GoneFact
  | PausedFact
  | TurnedFact
  | QuarantinedFact
  | RetiredFact
  | ClaimedFact
  | UnclaimedFact
  | RecordedFact
  | DriftedFact
  | HealedFact
  | WebhookCreatedFact
  | WebhookChangedFact
  | WebhookRemovedFact
  | WebhookRotatedFact
  | WebhookPingedFact
  | WebhookRedeliveredFact
  | WebhookDisabledFact
  | ZoneClaimedFact
  | ZoneFreedFact
  | ZoneSigningFact
  | ParentClearFact
  | ZonePreparedFact
  | DsForsakenFact
  | ZoneSigningStoppedFact
  | ZoneDsReadyFact
  | DsSubmittedFact
  | DsWithdrawnFact
  | DsRestoredFact
  | DsAtParentFact
  | OldDsExpiredFact
  | DsGoneFact
  | ZoneSecureFact
  | ZoneInsecureFact
  | ZoneHeldFact
  | ZoneResumedFact
  | ZoneOnHoldFact
  | ZoneWaitingFact;

export type ResolveReply =
  | Resolved
  | Absent
  | Unusable
  | Unresolved;

export type ProofAnswer =
  | ProofHolds
  | ProofFails;

export type ClientFrame =
  | HelloFrame
  | AckFrame
  | PongFrame;

export type ServerFrame =
  | ReadyFrame
  | MsgFrame
  | GapFrame
  | PingFrame
  | ProblemFrame;

/** Every problem by its stable code. */
export const PROBLEMS = {
  "not-found": { status: 404, retryable: false, title: "There is nothing at this address" },
  "method-not-allowed": { status: 405, retryable: false, title: "This address does not take that method" },
  "body-too-large": { status: 413, retryable: false, title: "The request body is larger than we accept" },
  "unsupported-media-type": { status: 415, retryable: false, title: "The body must be application/json" },
  "malformed-json": { status: 400, retryable: false, title: "The body is not valid JSON in UTF-8" },
  "invalid-body": { status: 422, retryable: false, title: "The body does not have the shape this call needs" },
  "idempotency-key-missing": { status: 400, retryable: false, title: "This call needs an Idempotency-Key header" },
  "idempotency-conflict": { status: 422, retryable: false, title: "This Idempotency-Key was used with another body" },
  "bad-request": { status: 400, retryable: false, title: "The request could not be understood" },
  "request-timeout": { status: 408, retryable: true, title: "The request did not arrive in time" },
  "headers-too-large": { status: 431, retryable: false, title: "The request's headers are larger than we accept" },
  "too-many-sockets": { status: 429, retryable: true, title: "You have too many sockets and streams open" },
  "edge-leaving": { status: 503, retryable: true, title: "This edge is shutting down; go on at another" },
  "bus-unavailable": { status: 503, retryable: true, title: "The message bus cannot be reached" },
  "internal": { status: 500, retryable: true, title: "Something went wrong on our side" },
  "auth-missing": { status: 401, retryable: false, title: "This call needs NIP-98 authorization, or a session to read by" },
  "auth-malformed": { status: 401, retryable: false, title: "The Authorization header is not a NIP-98 event" },
  "auth-wrong-kind": { status: 401, retryable: false, title: "The NIP-98 event is not of kind 27235" },
  "auth-wrong-url": { status: 401, retryable: false, title: "The NIP-98 event is for another URL" },
  "auth-wrong-method": { status: 401, retryable: false, title: "The NIP-98 event is for another method" },
  "auth-wrong-payload": { status: 401, retryable: false, title: "The NIP-98 event does not cover this body" },
  "auth-wrong-time": { status: 401, retryable: true, title: "The NIP-98 event is too old or from the future" },
  "auth-bad-signature": { status: 401, retryable: false, title: "The NIP-98 event's id or signature is wrong" },
  "auth-replayed": { status: 401, retryable: true, title: "This NIP-98 event was used before" },
  "auth-session-over": { status: 401, retryable: false, title: "The session is over; begin a new one with a NIP-98 event" },
  "auth-key-unknown": { status: 401, retryable: false, title: "The API key is unknown or was revoked" },
  "not-an-operator": { status: 403, retryable: false, title: "Only operators of this mesh may do that" },
  "too-many-calls": { status: 429, retryable: true, title: "You call more often than an operator may" },
  "too-many-sessions": { status: 429, retryable: true, title: "You have too many sessions" },
  "too-many-devices": { status: 429, retryable: false, title: "You have too many named cursors; delete one" },
  "sequence-unknown": { status: 422, retryable: false, title: "Your log does not reach that sequence" },
  "cursor-unknown": { status: 404, retryable: false, title: "You have no such cursor" },
  "request-unknown": { status: 404, retryable: false, title: "We take no such request" },
  "request-mismatch": { status: 422, retryable: false, title: "The request was sent to the subject of another one" },
  "owner-mismatch": { status: 403, retryable: false, title: "The request's public key is not its owner's" },
  "request-stale": { status: 422, retryable: true, title: "The request is too old or from the future" },
  "sealing-key-unknown": { status: 409, retryable: true, title: "No node-manager holds that sealing key; fetch the keys again" },
  "sealed-box-invalid": { status: 422, retryable: false, title: "The sealed box does not open or is bound to something else" },
  "mnemonic-invalid": { status: 422, retryable: false, title: "The mnemonic is not valid BIP-39 (words, length or checksum)" },
  "no-node-manager": { status: 503, retryable: true, title: "No node-manager is running" },
  "seed-lost": { status: 409, retryable: true, title: "What you sent is no longer in memory; send it again" },
  "device-unknown": { status: 409, retryable: true, title: "We hold no such device; ask for one again" },
  "device-answer-invalid": { status: 422, retryable: false, title: "The device's answer does not fit what was asked" },
  "cln-access-invalid": { status: 422, retryable: false, title: "That is no way to reach a Core Lightning that we may use" },
  "pairing-pending": { status: 409, retryable: true, title: "Your wallet has not approved the pairing yet" },
  "pairing-lost": { status: 409, retryable: true, title: "The pairing ended unapproved; begin again" },
  "scheduler-unavailable": { status: 503, retryable: true, title: "The node scheduler cannot be reached" },
  "registration-refused": { status: 422, retryable: false, title: "The node scheduler refused the registration" },
  "node-boot-timeout": { status: 504, retryable: true, title: "The node did not come up in time" },
  "node-unknown": { status: 404, retryable: false, title: "You have no such node" },
  "node-in-use": { status: 409, retryable: false, title: "A name or an offer of yours pays the node; move it or end it first" },
  "node-self-hosted": { status: 409, retryable: false, title: "The node is yours to start and stop" },
  "node-leaving": { status: 409, retryable: false, title: "The node is being deleted" },
  "node-paying": { status: 409, retryable: true, title: "The node has payments on their way" },
  "node-stuck": { status: 504, retryable: true, title: "The node runs but does not answer" },
  "node-behind": { status: 409, retryable: false, title: "The node is behind the chain: it waits for its signer" },
  "hook-unknown": { status: 404, retryable: false, title: "We asked for no such webhook, or its secret has not signed it" },
  "balance-unknown": { status: 404, retryable: true, title: "The node's balance was not read yet" },
  "signer-detached": { status: 409, retryable: true, title: "The node's signer is not attached" },
  "node-rights-missing": { status: 409, retryable: false, title: "The node was registered before that was possible; register it again" },
  "node-error": { status: 502, retryable: false, title: "The node answered with an error" },
  "username-invalid": { status: 422, retryable: false, title: "The username breaks a rule" },
  "username-reserved": { status: 422, retryable: false, title: "The username is reserved" },
  "username-confusable": { status: 422, retryable: false, title: "The username could be mistaken for a reserved one" },
  "domain-unknown": { status: 422, retryable: false, title: "We do not publish names in that domain" },
  "name-taken": { status: 409, retryable: false, title: "The name belongs to somebody else" },
  "too-many-names": { status: 409, retryable: false, title: "You hold as many names as one owner may; give one up" },
  "too-many-registrations": { status: 429, retryable: true, title: "You have begun as many registrations as a day may see" },
  "name-quarantined": { status: 409, retryable: false, title: "The name was given up and rests before somebody may have it" },
  "name-owned": { status: 409, retryable: false, title: "The name belongs to a seller, and only they may change it" },
  "name-busy": { status: 409, retryable: true, title: "Another operation is changing the name" },
  "name-expiring": { status: 409, retryable: true, title: "What the name paid was about to expire, and its record had to go first; ask again" },
  "name-paused": { status: 409, retryable: false, title: "The name pays nothing: its offer expired; give it a new one" },
  "name-not-yours": { status: 403, retryable: false, title: "The name belongs to somebody else, and only they may change it" },
  "name-unknown": { status: 404, retryable: false, title: "There is no such name" },
  "name-ambiguous": { status: 502, retryable: false, title: "More than one payment record stands at the name" },
  "uri-invalid": { status: 422, retryable: false, title: "The payment URI is not valid BIP 321" },
  "offer-invalid": { status: 422, retryable: false, title: "The offer is not valid BOLT 12" },
  "invoice-request-invalid": { status: 422, retryable: false, title: "The invoice request is not valid BOLT 12" },
  "invoice-invalid": { status: 422, retryable: false, title: "The invoice is not valid BOLT 12, or not the one asked for" },
  "invoice-error-invalid": { status: 502, retryable: false, title: "The answer instead of an invoice is not valid BOLT 12" },
  "invoice-expired": { status: 422, retryable: true, title: "The invoice has expired; ask for another" },
  "offer-without-path": { status: 422, retryable: true, title: "The offer has no blinded path and its node is not announced, so nobody could pay it" },
  "offer-wrong-chain": { status: 422, retryable: false, title: "The offer is for another chain" },
  "offer-expires-too-soon": { status: 422, retryable: false, title: "The offer expires before its record would be gone from caches" },
  "offer-unknown": { status: 404, retryable: false, title: "You have no such offer" },
  "offer-terms-invalid": { status: 422, retryable: false, title: "No offer can have those terms" },
  "offer-differs": { status: 502, retryable: false, title: "The node made another offer than was asked for" },
  "offer-exists": { status: 409, retryable: false, title: "Another offer on the node says exactly the same; ask for another description or end" },
  "offer-busy": { status: 409, retryable: true, title: "Another operation is changing the offer" },
  "offer-changed": { status: 409, retryable: false, title: "The offer is not at that revision any more; look at it again" },
  "offer-named": { status: 409, retryable: false, title: "A name pays the offer; rotate the name, or give it up first" },
  "offer-is-disabled": { status: 409, retryable: false, title: "The offer is disabled; enable it first" },
  "offer-not-disabled": { status: 409, retryable: false, title: "The offer is not disabled" },
  "offer-used": { status: 409, retryable: false, title: "The offer was for a single use, and was used" },
  "offer-for-one-use": { status: 409, retryable: false, title: "An offer for a single use cannot be changed; make another" },
  "offer-expired": { status: 409, retryable: false, title: "The offer has expired; change it to say a later time" },
  "too-many-offers": { status: 409, retryable: false, title: "You have as many offers as one owner may; disable one" },
  "order-taken": { status: 409, retryable: false, title: "An offer of yours that is not over has that order id" },
  "payee-invalid": { status: 422, retryable: false, title: "Nobody can be paid by that text" },
  "bolt11-invalid": { status: 422, retryable: false, title: "The invoice is not valid BOLT 11" },
  "payee-unpayable": { status: 422, retryable: false, title: "The name's instructions hold no offer that we could pay" },
  "quantity-missing": { status: 422, retryable: false, title: "The offer is sold by number; say how many" },
  "quantity-invalid": { status: 422, retryable: false, title: "The payee does not sell that many" },
  "amount-missing": { status: 422, retryable: false, title: "The payee leaves the amount open; say how much" },
  "amount-differs": { status: 422, retryable: false, title: "The payee asks for another amount" },
  "invoice-unknown": { status: 404, retryable: false, title: "You have no such invoice" },
  "invoice-differs": { status: 502, retryable: false, title: "The node made another invoice than was asked for" },
  "invoice-wrong-chain": { status: 422, retryable: false, title: "The invoice is for another chain" },
  "invoice-unavailable": { status: 504, retryable: true, title: "The payee gave us no invoice; nothing moved" },
  "invoice-refused": { status: 502, retryable: false, title: "The payee would not give us an invoice; nothing moved" },
  "payments-paused": { status: 409, retryable: true, title: "Too much of yours is on its way unknown" },
  "too-many-payments": { status: 429, retryable: true, title: "You have too many payments on their way" },
  "balance-insufficient": { status: 409, retryable: true, title: "The node cannot send that much now" },
  "payment-busy": { status: 409, retryable: true, title: "Another payment of yours pays that invoice" },
  "payment-uncertain": { status: 409, retryable: false, title: "It is not known yet whether the payment arrived; look again" },
  "payment-no-route": { status: 502, retryable: true, title: "The payee cannot be reached at this amount" },
  "payment-fee-too-high": { status: 502, retryable: false, title: "Every way there costs more than the limit" },
  "payment-refused": { status: 502, retryable: false, title: "The payee refused the payment" },
  "payment-declined": { status: 502, retryable: false, title: "The owner's signer declined the payment" },
  "payment-gave-up": { status: 502, retryable: true, title: "The node gave the payment up" },
  "payment-failed": { status: 502, retryable: true, title: "The payment failed; nothing was paid" },
  "payment-settled-late": { status: 409, retryable: false, title: "A payment that was called failed was paid after all" },
  "payment-unknown": { status: 404, retryable: false, title: "You have no such payment" },
  "zone-unknown": { status: 404, retryable: false, title: "We do not publish in that domain" },
  "dns-rate-limited": { status: 503, retryable: true, title: "The DNS provider asked us to wait" },
  "dns-refused": { status: 502, retryable: false, title: "The DNS provider refused the record" },
  "dns-quota": { status: 507, retryable: false, title: "The DNS zone is full" },
  "dns-credentials": { status: 502, retryable: false, title: "The DNS provider does not accept our token or key" },
  "dns-unavailable": { status: 503, retryable: true, title: "The DNS provider cannot be reached" },
  "dns-drift": { status: 409, retryable: false, title: "The record was changed at its provider, not by us" },
  "record-unknown": { status: 404, retryable: false, title: "We publish no record under that name" },
  "dns-foreign-record": { status: 409, retryable: false, title: "Records that are not ours stand at the name" },
  "dns-not-propagated": { status: 504, retryable: true, title: "Not every authoritative server shows the record" },
  "dnssec-bogus": { status: 502, retryable: false, title: "The DNSSEC chain of the name does not hold" },
  "dnssec-insecure": { status: 502, retryable: false, title: "The zone of the name is not signed" },
  "dnssec-indeterminate": { status: 503, retryable: true, title: "The DNSSEC chain could not be checked" },
  "zone-not-ours": { status: 404, retryable: false, title: "We do not sign a zone of that name" },
  "zone-busy": { status: 409, retryable: true, title: "Another operation is changing the zone" },
  "zone-held": { status: 409, retryable: true, title: "The zone is held; resume it first" },
  "zone-has-ds": { status: 409, retryable: false, title: "The parent has a DS for the zone already" },
  "zone-has-no-ds": { status: 409, retryable: false, title: "The parent has no DS for the zone, or not one that holds" },
  "zone-parent-unsigned": { status: 409, retryable: false, title: "The parent zone is not signed, so a DS would prove nothing" },
  "zone-gate-closed": { status: 504, retryable: true, title: "What has to be seen before the next step was not" },
  "zone-ds-conflict": { status: 409, retryable: false, title: "Somebody else changed the DS at the parent" },
  "zone-locked": { status: 409, retryable: false, title: "The registry or the registrar has locked the domain" },
  "webhook-unknown": { status: 404, retryable: false, title: "You have no such webhook" },
  "webhook-url-invalid": { status: 422, retryable: false, title: "The webhook's URL breaks a rule" },
  "webhook-url-refused": { status: 422, retryable: false, title: "We do not send to that URL" },
  "webhook-events-invalid": { status: 422, retryable: false, title: "The webhook's event patterns break a rule" },
  "webhook-limit": { status: 409, retryable: false, title: "You have as many webhooks as you may have" },
  "webhook-disabled": { status: 409, retryable: false, title: "The webhook is disabled; enable it first" },
  "webhooks-unavailable": { status: 503, retryable: true, title: "Webhooks are not set up on this mesh" },
  "delivery-unknown": { status: 404, retryable: false, title: "You have no such delivery" },
  "operation-unknown": { status: 404, retryable: false, title: "You have no such operation" },
  "operation-cancelled": { status: 409, retryable: false, title: "The operation was cancelled by its owner" },
  "operation-past-pivot": { status: 409, retryable: false, title: "The operation can no longer be taken back" },
  "step-timeout": { status: 504, retryable: true, title: "A step took longer than it may" },
  "failed-dirty": { status: 500, retryable: false, title: "The operation failed and could not be fully taken back" },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Every flow: the facts that say its steps are done, in order, and those that only inform. */
export const FLOWS = {
  "node.register": { done: ["opened", "registered", "scheduled", "narrowed", "ready"], notes: ["seed-lost", "pairing-offered"] },
  "node.start": { done: ["node-started"], notes: [] },
  "node.stop": { done: ["node-stopped"], notes: [] },
  "node.restart": { done: ["node-stuck", "node-stopped", "node-started"], notes: [] },
  "node.delete": { done: ["node-leaving", "node-unused", "node-deleted"], notes: [] },
  "node.turn": { done: ["node-turned"], notes: [] },
  "node.lag": { done: ["node-behind"], notes: [] },
  "payment.send": { done: ["payee-found", "invoice-ready", "sending", "settled"], notes: ["unknown"] },
  "payment.watch": { done: ["watched"], notes: ["settled-late"] },
  "offer.create": { done: ["offer-claimed", "offered", "offer-created"], notes: ["waiting-for-signer"] },
  "invoice.create": { done: ["invoice-made"], notes: [] },
  "payment.receive": { done: ["received", "credited"], notes: [] },
  "offer.change": { done: ["offer-changing", "offered", "offer-replaced", "retired"], notes: ["waiting-for-signer"] },
  "offer.disable": { done: ["offer-closing", "offer-disabled", "offer-closed"], notes: [] },
  "offer.enable": { done: ["offer-changing", "offer-answering", "offer-enabled"], notes: [] },
  "username.register": { done: ["reserved", "offered", "composed", "published", "authoritative", "verified", "activated"], notes: ["waiting-for-signer", "propagating"] },
  "username.rotate": { done: ["changing", "offered", "composed", "published", "authoritative", "verified", "rotated", "retired"], notes: ["waiting-for-signer", "propagating"] },
  "username.release": { done: ["changing", "removed", "absent", "gone", "quarantined", "retired"], notes: ["propagating"] },
  "dns.publish": { done: ["claimed", "composed", "published", "authoritative", "verified", "recorded"], notes: ["propagating"] },
  "dns.withdraw": { done: ["changing", "removed", "absent", "gone", "quarantined"], notes: ["propagating"] },
  "record.drift": { done: ["drifted"], notes: [] },
  "record.heal": { done: ["healed"], notes: [] },
  "username.pause": { done: ["changing", "removed", "absent", "gone", "paused"], notes: ["propagating"] },
  "username.health": { done: ["turned"], notes: [] },
  "webhook.create": { done: ["webhook-created"], notes: [] },
  "webhook.change": { done: ["webhook-changed"], notes: [] },
  "webhook.remove": { done: ["webhook-removed"], notes: [] },
  "webhook.rotate": { done: ["webhook-rotated"], notes: [] },
  "webhook.ping": { done: ["webhook-pinged"], notes: [] },
  "webhook.redeliver": { done: ["webhook-redelivered"], notes: [] },
  "webhook.disable": { done: ["webhook-disabled"], notes: [] },
  "zone.sign": { done: ["zone-claimed", "zone-prepared", "parent-clear", "zone-signing", "zone-ds-ready", "ds-submitted", "ds-at-parent", "zone-secure"], notes: ["zone-on-hold", "zone-waiting"] },
  "zone.unsign": { done: ["zone-claimed", "ds-withdrawn", "ds-gone", "zone-signing-stopped", "zone-insecure"], notes: ["zone-on-hold", "zone-waiting"] },
  "zone.roll": { done: ["zone-claimed", "zone-ds-ready", "ds-submitted", "ds-at-parent", "old-ds-expired", "zone-secure"], notes: ["zone-on-hold", "zone-waiting"] },
  "zone.hold": { done: ["zone-held"], notes: [] },
  "zone.resume": { done: ["zone-resumed"], notes: [] },
} as const;

export type FlowName = keyof typeof FLOWS;

/** Subjects of the bus; `*` stands for any token. */
export const subjects = {
  /** start an operation of node.register */
  nodeRegister: (op: string) => `req.v1.node.register.${op}`,
  /** start an operation of node.start */
  nodeStart: (op: string) => `req.v1.node.start.${op}`,
  /** start an operation of node.stop */
  nodeStop: (op: string) => `req.v1.node.stop.${op}`,
  /** start an operation of node.delete */
  nodeDelete: (op: string) => `req.v1.node.delete.${op}`,
  /** start an operation of payment.send */
  paymentSend: (op: string) => `req.v1.payment.send.${op}`,
  /** start an operation of payment.watch */
  paymentWatch: (op: string) => `req.v1.payment.watch.${op}`,
  /** start an operation of offer.create */
  offerCreate: (op: string) => `req.v1.offer.create.${op}`,
  /** start an operation of invoice.create */
  invoiceCreate: (op: string) => `req.v1.invoice.create.${op}`,
  /** start an operation of offer.change */
  offerChange: (op: string) => `req.v1.offer.change.${op}`,
  /** start an operation of offer.disable */
  offerDisable: (op: string) => `req.v1.offer.disable.${op}`,
  /** start an operation of offer.enable */
  offerEnable: (op: string) => `req.v1.offer.enable.${op}`,
  /** start an operation of username.register */
  usernameRegister: (op: string) => `req.v1.username.register.${op}`,
  /** start an operation of username.rotate */
  usernameRotate: (op: string) => `req.v1.username.rotate.${op}`,
  /** start an operation of username.release */
  usernameRelease: (op: string) => `req.v1.username.release.${op}`,
  /** start an operation of dns.publish */
  dnsPublish: (op: string) => `req.v1.dns.publish.${op}`,
  /** start an operation of dns.withdraw */
  dnsWithdraw: (op: string) => `req.v1.dns.withdraw.${op}`,
  /** start an operation of webhook.create */
  webhookCreate: (op: string) => `req.v1.webhook.create.${op}`,
  /** start an operation of webhook.change */
  webhookChange: (op: string) => `req.v1.webhook.change.${op}`,
  /** start an operation of webhook.remove */
  webhookRemove: (op: string) => `req.v1.webhook.remove.${op}`,
  /** start an operation of webhook.rotate */
  webhookRotate: (op: string) => `req.v1.webhook.rotate.${op}`,
  /** start an operation of webhook.ping */
  webhookPing: (op: string) => `req.v1.webhook.ping.${op}`,
  /** start an operation of webhook.redeliver */
  webhookRedeliver: (op: string) => `req.v1.webhook.redeliver.${op}`,
  /** start an operation of zone.sign */
  zoneSign: (op: string) => `req.v1.zone.sign.${op}`,
  /** start an operation of zone.unsign */
  zoneUnsign: (op: string) => `req.v1.zone.unsign.${op}`,
  /** start an operation of zone.roll */
  zoneRoll: (op: string) => `req.v1.zone.roll.${op}`,
  /** start an operation of zone.hold */
  zoneHold: (op: string) => `req.v1.zone.hold.${op}`,
  /** start an operation of zone.resume */
  zoneResume: (op: string) => `req.v1.zone.resume.${op}`,
  /** take an operation back */
  cancel: (noun: string, op: string) => `req.v1.${noun}.cancel.${op}`,
  /** the newest request that was not taken, and why */
  refused: (op: string) => `refused.${op}`,
  /** what happened, and who acts next */
  ledger: (owner: string, op: string, fact: string, next: string) => `saga.${owner}.${op}.${fact}.${next}`,
  /** facts as they are stored; best effort */
  factNews: (op: string, fact: string) => `op.${op}.${fact}`,
  /** a request was not taken */
  refusedNews: (op: string) => `op.${op}.refused`,
  /** what a name pays */
  resolve: () => `query.v1.resolve`,
  /** does a proof hold */
  verifyProof: () => `query.v1.verify-proof`,
} as const;
