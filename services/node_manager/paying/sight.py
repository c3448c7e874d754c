"""What a node shows of paying one hash. Pure: rows of `listpays` in, one of four things out.

Of several rows the best counts: complete, then pending, then failed. A preimage is believed only if it is one, and goes
no further than this file.
"""

import hashlib
from dataclasses import dataclass

from proto import node_pb2

_STATUS = node_pb2.ListpaysPays
_PART = node_pb2.ListsendpaysPayments


@dataclass(frozen=True, slots=True)
class Paid:
    """The node showed the preimage of the hash: `msat` arrived, `sent_msat` left.

    `ours`: by a call for this payment, and not for another of the same invoice.
    """

    msat: int
    sent_msat: int
    ours: bool = True


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """At least one part has not come to its end, or the node claims an end that it cannot prove."""


@dataclass(frozen=True, slots=True)
class AllFailed:
    """The node tried, and every try failed; the last was begun at `since` (unix seconds, by the node's clock).

    `ours`: a call for this payment began one of them, and not only another payment's of the same invoice.
    """

    since: float
    ours: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """The node shows no try; a call that is still queued there would show none either."""


Sight = Paid | OnTheWay | AllFailed | Nothing


def proves(preimage: bytes, payment_hash: bytes) -> bool:
    """Whether `preimage` is that of `payment_hash`: only the payee can have told it."""
    return len(preimage) == 32 and hashlib.sha256(preimage).digest() == payment_hash


def is_moving(listed: node_pb2.ListsendpaysResponse, payment_hash: bytes) -> bool:
    """Whether a part of it is on its way still: what it costs is in no sum yet."""
    return any(row.payment_hash == payment_hash and row.status == _PART.PENDING for row in listed.payments)


def sight_of(listed: node_pb2.ListpaysResponse, payment_hash: bytes, msat: int, label: str) -> Sight:
    """What `listed` shows of paying `payment_hash` under `label`; `msat` is what was to arrive, for a row that does
    not say."""
    rows = [row for row in listed.pays if row.payment_hash == payment_hash]
    for row in rows:
        if row.status == _STATUS.COMPLETE and proves(row.preimage, payment_hash):
            arrived = row.amount_msat.msat if row.HasField("amount_msat") else msat
            return Paid(arrived, max(arrived, row.amount_sent_msat.msat), ours=row.label == label)
    if any(row.status != _STATUS.FAILED for row in rows):
        return OnTheWay()
    if not rows:
        return Nothing()
    return AllFailed(max(float(row.created_at) for row in rows), any(row.label == label for row in rows))
