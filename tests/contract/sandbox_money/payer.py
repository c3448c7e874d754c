"""A process that pays as fast as it can and says what it has done, until it is killed: `payer.py <ledger file>`."""

import secrets
import sys
from pathlib import Path

from services.sandbox.greenlight.money.bolt11 import hash_of
from services.sandbox.greenlight.money.ledger import Ledger
from services.sandbox.greenlight.money.rows import InvoiceRow, Sent, Wish

CAPACITY = 1_000_000_000


def promised(preimage: bytes) -> InvoiceRow:
    """An invoice of Bob's."""
    return InvoiceRow(
        node="bob",
        label=preimage.hex(),
        payment_hash=hash_of(preimage),
        preimage=preimage,
        secret=preimage,
        description=None,
        msat=100,
        text="lnbcrt",
        created_at=0,
        expires_at=1 << 40,
    )


def main() -> None:
    """Pay for ever; every third payment comes back."""
    ledger = Ledger(Path(sys.argv[1]), CAPACITY)
    while True:
        preimage = secrets.token_bytes(32)
        ledger.add_invoice(promised(preimage))
        wish = Wish(
            node="alice",
            payee="bob",
            payment_hash=hash_of(preimage),
            text="lnbcrt",
            msat=100,
            sent_msat=101,
            label=None,
            description=None,
            destination=b"",
        )
        sent = ledger.send(wish)
        assert isinstance(sent, Sent), sent
        print("pending", sent.part.id, flush=True)
        if sent.part.id % 3:
            assert ledger.settle(sent.part.id, preimage)
            print("complete", sent.part.id, flush=True)
        else:
            ledger.fail(sent.part.id, 205, "no route")
            print("failed", sent.part.id, flush=True)


if __name__ == "__main__":
    main()
