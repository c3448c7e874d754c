"""What stands about payments that were received."""

from schemas.base import Wire
from schemas.ids import Owner


class Receipts(Wire, frozen=True, kw_only=True):
    """Bucket `receipts`, key `<owner>.<node id>`; written by the node-manager that watches the node.

    What the node was paid up to its pay index `index` has its operation; None: nobody has looked yet. `last_hash` (hex)
    is the payment at `index`, by which a node that was set back is known. What was paid before `since` (unix seconds,
    when the node came to us) is not ours to tell.
    """

    node_id: str
    owner: Owner
    since: float
    index: int | None = None
    last_hash: str = ""
