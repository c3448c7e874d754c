"""How what stands at a name differs from what should. Pure, by bytes.

BIP 353 lets a name be paid only if exactly one TXT begins with `bitcoin:`; a CNAME or a delegation there would make the
name mean another place altogether. Other TXT records are none of our business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.ids import Owner
from schemas.names import is_payment_txt
from schemas.requests import DriftKind
from services.dns_publisher.records import marker
from services.dns_publisher.records.marker import Marker
from services.dns_publisher.records.reconcile import (
    Create,
    Desired,
    Foreign,
    Plan,
    Present,
    Replace,
    Standing,
    reconcile,
)

IN_THE_WAY = frozenset({"CNAME", "DNAME", "NS"})


@dataclass(frozen=True, slots=True)
class Expected:
    """What should stand for a live name: `desired`, under `key` of the buckets, `owner`'s."""

    key: str
    name: str
    owner: Owner
    desired: Desired


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference. `detail` says what stands there, never what it pays."""

    kind: DriftKind
    detail: str


def drift_of(desired: Desired, present: Sequence[Present]) -> Drift | None:
    """How `present` (everything at exactly the name) differs from `desired` alone; None if it does not."""
    blocking = sorted({record.kind for record in present if record.kind in IN_THE_WAY})
    payment = [record for record in present if _is_payment(record)]
    if blocking:
        return Drift("blocked", f"{' and '.join(blocking)} records stand at the name")
    if not payment:
        return Drift("missing", "no payment record stands at the name")
    if len(payment) > 1:
        return Drift("second", f"{len(payment)} payment records stand at the name, so wallets use none of them")
    (only,) = payment
    if only.payload != desired.payload:
        return Drift("changed", "the payment record is not the one that we published")
    if only.served_ttl_s != desired.ttl_s:
        return Drift("ttl", f"the record's TTL is {only.served_ttl_s} s, not {desired.ttl_s} s")
    return None


def mending(desired: Desired, present: Sequence[Present]) -> Create | Replace | None:
    """What makes `desired` stand alone again, in one change; None where nothing may or need be done.

    Every payment record counts as ours here, whoever made it: a second one has killed the name for every wallet, and
    who changed ours may have taken our mark with it. Anything else at the name is left alone.
    """
    if any(record.kind in IN_THE_WAY for record in present):
        return None
    adopted = [_adopted(desired, record) for record in present if _is_payment(record)]
    plan: Plan = reconcile(desired, adopted)
    return None if isinstance(plan, Standing | Foreign) else plan


def _is_payment(record: Present) -> bool:
    return record.kind == "TXT" and is_payment_txt(record.payload)


def _adopted(desired: Desired, record: Present) -> Present:
    mark = record.marker or Marker(desired.op, marker.digest_of(record.payload))
    return replace(record, marker=mark)
