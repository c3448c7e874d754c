"""What stands about payments that are not over."""

from schemas.base import Wire
from schemas.ids import OpId


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
