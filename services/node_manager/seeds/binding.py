"""Is a box meant for this request, now? Pure: every rule that ties a seed to who sent it, for what, and when."""

from enum import Enum

from schemas.doors import AccessEnvelope, AnswerEnvelope
from schemas.ids import op_of, owner_of
from schemas.sealed import SeedDelivery, SeedEnvelope

FRESH_S = 600
"""A box sealed longer ago than this many seconds (or as far in the future) is refused."""

IDEMPOTENCY_KEY_MAX = 255
_PUBKEY_HEX = 64


class Mismatch(Enum):
    """Why a box is not meant for this request. The texts say which rule, never what was in the box."""

    DELIVERY = "the delivery does not name the operation its owner and key stand for"
    OWNER = "the box was sealed by another owner"
    KEY = "the box was sealed for another request"
    TIME = "the box was not sealed within the last ten minutes"


def check(
    delivery: SeedDelivery, envelope: SeedEnvelope | AnswerEnvelope | AccessEnvelope, now: float
) -> Mismatch | None:
    """The first rule that `envelope` breaks as the content of `delivery` at `now` (unix seconds), if any."""
    if not _delivery_is_consistent(delivery):
        return Mismatch.DELIVERY
    if envelope.owner_pubkey != delivery.owner_pubkey:
        return Mismatch.OWNER
    if envelope.idempotency_key != delivery.idempotency_key:
        return Mismatch.KEY
    if abs(now - envelope.sealed_at) > FRESH_S:
        return Mismatch.TIME
    return None


def _delivery_is_consistent(delivery: SeedDelivery) -> bool:
    if len(delivery.owner_pubkey) != _PUBKEY_HEX or len(delivery.idempotency_key) > IDEMPOTENCY_KEY_MAX:
        return False
    try:
        owner = owner_of(delivery.owner_pubkey)
    except ValueError:
        return False
    return delivery.owner == owner and delivery.op == op_of(owner, delivery.idempotency_key)
