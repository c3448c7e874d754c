"""What stands about nodes: how each may be reached, how ready it is, and what it has."""

from schemas.base import Wire
from schemas.ids import OpId, Owner
from schemas.nodes import NodeState, SignerState
from schemas.requests import Network


class NodeRecord(Wire, frozen=True, kw_only=True):
    """Bucket `nodes`, key `<owner>.<node id>`; written by node-manager, which alone may read it.

    `credentials_id` names the envelope in bucket `credentials`; a record from before that bucket holds it itself, in
    `credentials` (base64). `state` and `signer` are as last seen. `turn` counts what the owner has to be told of them,
    `told` what was: they differ only between two writes. `owed`: the last turn was held back, and is to be told once
    there is room. `leaving`: the operation that deletes the node. `restarts`: when (unix seconds) it was lately
    restarted for not answering. `pubkey`: the owner's Nostr public key.
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
    owed: bool = False
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


class Watch(Wire, frozen=True, kw_only=True):
    """Bucket `watches`, key `<owner>.<node id>`; node-manager's: somebody has to watch the node.

    Written whenever the node is used, before what uses it goes on; removed by the watcher that finds it stopped, unless
    it was used meanwhile.
    """

    node_id: str
    owner: Owner


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
