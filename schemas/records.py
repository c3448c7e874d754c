"""Current views and claims: the values of the KV buckets, one writer each (DESIGN §5)."""

from typing import Literal

from schemas.base import Wire
from schemas.ids import OpId, Owner
from schemas.nodes import NodeState, SignerState
from schemas.requests import DriftKind, Network
from schemas.zones import Ds, Span, ZoneState

NameState = Literal["reserved", "active", "releasing", "paused", "quarantined"]


class NameRecord(Wire, frozen=True, kw_only=True):
    """Bucket `names`, key of `schemas.names.name_key`; written by offer-builder. Public but for `owner`.

    `op` registered the name. `uri`, `offer` and `active_since` (RFC 3339) are set once active. `changing` is the one
    operation that may change the live name now. `offer_op` is the operation whose label its offer carries (None: `op`).
    Until `quarantined_until` (unix seconds) nobody but `owner` may register a released name; a reservation made before
    that keeps it, so that one which is taken back leaves the quarantine as it was. `by_operator`: it is an operator's
    record, of whichever of them asked last; it pays no node of ours (`node_id` is empty), and no seller may touch it.
    From `paused_since` (RFC 3339) on nothing stands in DNS, for its offer was about to expire; `uri` and `offer` say
    what the name paid before.
    """

    name: str
    owner: Owner
    op: OpId
    state: NameState
    node_id: str
    uri: str | None = None
    offer: str | None = None
    active_since: str | None = None
    verdict: str | None = None
    valid_until: int | None = None
    changing: OpId | None = None
    offer_op: OpId | None = None
    offer_expires_at: int | None = None
    quarantined_until: float | None = None
    by_operator: bool = False
    paused_since: str | None = None


class Holding(Wire, frozen=True, kw_only=True):
    """One place of an owner's: operation `op` took it for `name` at `at` (unix seconds)."""

    op: OpId
    name: str
    at: float


class Holdings(Wire, frozen=True, kw_only=True):
    """Bucket `holdings`, key = owner; written by offer-builder: the names an owner holds or is registering.

    `begun`: when registrations of the last day were begun (unix seconds), whatever came of them.
    """

    held: tuple[Holding, ...] = ()
    begun: tuple[float, ...] = ()


class NodeRecord(Wire, frozen=True, kw_only=True):
    """Bucket `nodes`, key `<owner>.<node id>`; written by node-manager, which alone may read it.

    `credentials_id` names the envelope in bucket `credentials`; a record from before that bucket holds it itself, in
    `credentials` (base64). `state` and `signer` are as last seen. `turn` counts what the owner has to be told of them,
    `told` what was: they differ only between two writes. `leaving`: the operation that deletes the node. `restarts`:
    when (unix seconds) it was lately restarted for not answering. `pubkey`: the owner's Nostr public key.
    """

    node_id: str
    owner: Owner
    op: OpId
    network: Network
    state: NodeState
    credentials: str = ""
    credentials_id: str = ""
    pubkey: str = ""
    signer: SignerState = "unknown"
    turn: int = 0
    told: int = 0
    leaving: OpId | None = None
    restarts: tuple[float, ...] = ()


class SealedCredentials(Wire, frozen=True, kw_only=True):
    """Bucket `credentials`, key `<owner>.<node id>.<credentials id>`; node-manager's alone, and erased, not hidden.

    `envelope` (base64) only opens with the credentials key; each is written once and never changed.
    """

    envelope: str


class NodeView(Wire, frozen=True, kw_only=True):
    """Bucket `node-views`, key as in `nodes`; written by node-manager: of a node what its owner may see.

    Derived from the NodeRecord and never decided upon. `since` (RFC 3339) is when `state` began. `leaving`: it is being
    deleted.
    """

    node_id: str
    owner: Owner
    op: OpId
    network: Network
    state: NodeState
    since: str
    signer: SignerState = "unknown"
    leaving: bool = False


class BalanceRecord(Wire, frozen=True, kw_only=True):
    """Bucket `balances`, key `<owner>.<node id>`; written by the node-manager that watches the node.

    Amounts in msat as decimal strings: `channel` is the node's own side of its open channels, `spendable` and
    `receivable` what can go out and come in over them, `pending` what closing channels still owe it, `confirmed` and
    `unconfirmed` what lies on chain. `as_of` (RFC 3339) is when the node said so. While `current` is true nothing has
    happened since: somebody is watching. `running` is whether the node runs, as far as that was looked at.
    """

    node_id: str
    owner: Owner
    channel_msat: str
    spendable_msat: str
    receivable_msat: str
    pending_msat: str
    confirmed_msat: str
    unconfirmed_msat: str
    as_of: str
    current: bool
    running: bool


class Outgoing(Wire, frozen=True, kw_only=True):
    """One payment that has a reservation: `msat` and its highest fee, since `since` (unix seconds).

    `attempts`: how often the node was told to pay `payment_hash` (hex), lastly at `called_at`; once there is a
    `verdict` (a problem code), never again. `unknown`: it is not known what came of it.
    """

    op: OpId
    node_id: str
    payment_hash: str
    msat: int
    since: float
    attempts: int = 0
    called_at: float = 0.0
    verdict: str | None = None
    unknown: bool = False


class Purse(Wire, frozen=True, kw_only=True):
    """Bucket `purses`, key = owner; written by node-manager: the owner's payments that are not over."""

    outgoing: tuple[Outgoing, ...] = ()


class SealingKey(Wire, frozen=True, kw_only=True):
    """Bucket `keys`, key = `instance`; a node-manager process's X25519 public key, alive while it refreshes it.

    `public_key` and `signature` are base64; the signature is by node-manager's nkey over `signing_bytes()`;
    `expires_at` is unix seconds.
    """

    instance: str
    kid: str
    public_key: str
    expires_at: int
    signature: str = ""

    def signing_bytes(self) -> bytes:
        """What the signature covers."""
        return f"shopstr/sealing-key/{self.instance}/{self.kid}/{self.public_key}/{self.expires_at}".encode()


class Published(Wire, frozen=True, kw_only=True):
    """Bucket `published`, key of `schemas.names.name_key`; written by dns-publisher: what the zone holds for a name."""

    owner_name: str
    zone: str
    record_id: str
    content_sha256: str
    ttl_s: int
    op: OpId


class DnsLimit(Wire, frozen=True, kw_only=True):
    """Bucket `dns-limits`, written by dns-publisher: what one replica learned of a provider's limits. Times are unix s.

    Key = the provider: nobody may ask it before `closed_until`. Key `zone.<id>`: the zone held `used` of at most
    `quota` records at `counted_at`.
    """

    closed_until: float = 0.0
    used: int = 0
    quota: int = 0
    counted_at: float = 0.0


class RecordMark(Wire, frozen=True, kw_only=True):
    """That a TXT record with these bytes is ours: operation `op` wanted it, with `ttl_s`, in place of `replaced_ttl_s`.

    `digest` is the first 16 hex digits of the SHA-256 of the joined TXT. TTLs in seconds; None: nothing was there.
    """

    op: OpId
    digest: str
    ttl_s: int
    replaced_ttl_s: int | None = None


class RecordMarks(Wire, frozen=True, kw_only=True):
    """Bucket `dns-marks`, key = the record's owner name without final dot; written by dns-publisher, before the record.

    For servers that keep no comments beside a record. The newest mark is the last.
    """

    marks: tuple[RecordMark, ...] = ()


class DriftRecord(Wire, frozen=True, kw_only=True):
    """Bucket `drift`, key of `schemas.names.name_key`; written by dns-publisher: the zone does not hold what it should.

    First seen at `since` (unix seconds). Once `confirmed`, it was seen twice and its owner was told; `repairs`: and we
    are to put it right. The key is gone when the record is right again.
    """

    name: str
    domain: str
    owner: Owner
    kind: DriftKind
    detail: str
    since: float
    confirmed: bool = False
    repairs: bool = False


class ZoneCheck(Wire, frozen=True, kw_only=True):
    """Bucket `zone-checks`, key = a domain that we publish in; written by dns-publisher whenever it compared it.

    `zone` is the provider's zone that holds it, without final dot, `publisher` who serves it; `records` what we publish
    there, `drifted` how many of them do not stand as they should, seen once or more often; `used` of `quota` records
    are in the zone, whoever made them (None: nobody counts). `repairs`: what drifted is put right. `problem` is why the
    last comparison ended early, as a row of `schemas.problems`; the numbers are the last good one's.
    """

    domain: str
    zone: str
    publisher: str
    records: int
    drifted: int
    checked_at: float
    used: int | None = None
    quota: int | None = None
    repairs: bool = False
    problem: str | None = None


class KeptProof(Wire, frozen=True, kw_only=True):
    """Bucket `proofs`, key of `schemas.names.name_key`; written by dnssec-verifier: a proof that the name pays `uri`.

    `records` is RFC 9102 (base64 in JSON), made at `made_at` and good until `valid_until` (unix seconds).
    """

    name: str
    uri: str
    records: bytes
    valid_until: int
    made_at: int


class SessionRecord(Wire, frozen=True, kw_only=True):
    """Bucket `sessions`, key `<owner>.<hex SHA-256 of the token>`; written by edge: its bearer may read as `owner`.

    The token itself is stored nowhere. `expires_at` is unix seconds; the key's TTL ends with it.
    """

    owner: Owner
    pubkey: str
    expires_at: float


class OperatorKey(Wire, frozen=True, kw_only=True):
    """Bucket `operator-keys`, key = its id; written by `mesh operators`: whoever has the key of that hash is `name`.

    The key itself is stored nowhere. Times are RFC 3339 UTC; one that was revoked stays, to tell whose acts were its.
    """

    id: str
    name: str
    sha256: str
    made_at: str
    revoked_at: str | None = None

    def __repr__(self) -> str:
        return f"OperatorKey(id={self.id!r}, name={self.name!r}, revoked_at={self.revoked_at!r})"


class CursorRecord(Wire, frozen=True, kw_only=True):
    """Bucket `cursors`, key `<owner>.<device>`; written by edge: up to `seq`, `device` has taken in the owner's log.

    `at` is RFC 3339 UTC. Only ever rises; one that nobody moves is forgotten after the log's own messages are.
    """

    device: str
    seq: int
    at: str


class Lease(Wire, frozen=True, kw_only=True):
    """Bucket `leases`: who holds a job (`holder` is a random id), until the key's TTL runs out."""

    holder: str


class Spent(Wire, frozen=True, kw_only=True):
    """Bucket `replay`, key = NIP-98 event id; written by edges: the event was used, by their clock at `at` (unix s)."""

    at: float


class Hold(Wire, frozen=True, kw_only=True):
    """Why and since when (unix seconds) a zone is held; `by` is the operation that asked, or `mesh` itself."""

    reason: str
    by: str
    since: float


class Streak(Wire, frozen=True, kw_only=True):
    """How long the gate of `step` was seen open: in `looks` looks from `since` to `at` (unix seconds), with `ds`.

    `amiss` counts the newest looks in a row that saw what no operation of ours explains.
    """

    step: str
    since: float
    at: float
    looks: int
    ds: tuple[Ds, ...] = ()
    amiss: int = 0


class ZoneRecord(Wire, frozen=True, kw_only=True):
    """Bucket `zones`, key = the zone; written by dnssec-verifier: where its signing stands, since when (unix seconds).

    `op` changes it, or was the last that did: what ended claims nothing any more. `ds` is what the parent should give.
    While `held` is set nobody changes anything; `holds` are the holds of `op` that are over. `keys_ttl_s` is the
    longest TTL (seconds) of the zone's keys in any look of `op`: lowering it binds no cache that has them already.
    """

    zone: str
    state: ZoneState
    since: float
    op: OpId | None = None
    ds: tuple[Ds, ...] = ()
    held: Hold | None = None
    holds: tuple[Span, ...] = ()
    streak: Streak | None = None
    keys_ttl_s: int = 0
    waits_for: str = ""
