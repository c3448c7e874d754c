"""Whether an offer was used is what its invoices say; a single-use one is over with the first that is paid."""

from typing import TYPE_CHECKING

import msgspec

from services.sandbox.greenlight.store import StoredOffer

if TYPE_CHECKING:
    from services.sandbox.greenlight.inside import Inside


def as_it_is(node: "Inside", row: StoredOffer) -> StoredOffer:
    """The row, with what became of its invoices."""
    used = row.used or node.around.till.ledger.was_paid(node.node_id, row.offer_id)
    return msgspec.structs.replace(row, used=used, active=row.active and not (used and row.single_use))
