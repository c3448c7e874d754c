"""Who has how much: one SQLite file, changed by transactions alone: a kill -9 leaves all of a change or nothing.

A part's money leaves its node when it is sent and is then on its way; it arrives whole (less the provider's fee) or
comes back whole. A hash has at most one part on its way or arrived for each node, and an invoice is paid once.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from services.sandbox.greenlight.money.bell import Bell
from services.sandbox.greenlight.money.rows import (
    Balance,
    Indexes,
    InFlight,
    InvoiceRow,
    Paid,
    PartRow,
    Sending,
    Sent,
    Short,
    Status,
    Totals,
    Wish,
)
from services.sandbox.greenlight.money.tables import RULES, TABLES


class NoRoom(Exception):
    """The node's channel cannot take that much."""


class Taken(Exception):
    """The node has an invoice with that label already, or somebody one with that preimage: see `by_label`."""

    def __init__(self, *, by_label: bool) -> None:
        super().__init__("label" if by_label else "preimage")
        self.by_label = by_label


class Ledger:
    """The ledger in `file`; every node has one channel of `capacity` msat with the provider, at first all theirs."""

    def __init__(self, file: Path, capacity: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._capacity = capacity
        self.bell = Bell()
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        # What a commit wrote is the kernel's: it survives the process, which is what may be killed here.
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def fund(self, node: str, msat: int) -> None:
        """Money from outside the sandbox arrives at `node`. Raises NoRoom."""
        with self._change():
            self._open(node)
            if self.balance(node).receivable < msat:
                raise NoRoom
            self._db.execute("UPDATE nodes SET ours = ours + ? WHERE node = ?", (msat, node))
            self._db.execute("UPDATE totals SET funded = funded + ?", (msat,))

    def balance(self, node: str) -> Balance:
        """How a node's channel stands."""
        row = self._db.execute("SELECT ours, capacity FROM nodes WHERE node = ?", (node,)).fetchone()
        ours, capacity = (row["ours"], row["capacity"]) if row else (0, self._capacity)
        leaving = self._sum("SELECT sum(sent_msat) FROM parts WHERE node = ? AND status = 'pending'", node)
        coming = self._sum("SELECT sum(msat) FROM parts WHERE payee = ? AND status = 'pending'", node)
        return Balance(ours=ours, leaving=leaving, coming=coming, capacity=capacity)

    def totals(self) -> Totals:
        """How the world stands."""
        funded, earned = self._db.execute("SELECT funded, earned FROM totals").fetchone()
        held = self._sum("SELECT sum(ours) FROM nodes")
        moving = self._sum("SELECT sum(sent_msat) FROM parts WHERE status = 'pending'")
        return Totals(funded=funded, held=held, moving=moving, earned=earned)

    def send(self, wish: Wish) -> Sending:
        """Let a payment leave its node, unless the hash is paid or on its way already, or there is not enough."""
        with self._change():
            self._open(wish.node)
            for part in self.parts(wish.node, wish.payment_hash):
                if part.status is Status.COMPLETE:
                    return Paid(part)
                if part.status is Status.PENDING:
                    return InFlight(part)
            spendable = self.balance(wish.node).ours
            if spendable < wish.sent_msat:
                return Short(spendable)
            self._db.execute("UPDATE nodes SET ours = ours - ? WHERE node = ?", (wish.sent_msat, wish.node))
            values = {**msgspec.structs.asdict(wish), "status": Status.PENDING.value, "created_at": int(time.time())}
            number = self._insert("parts", {**values, "created_index": self._next(wish.node, "parts")})
            return Sent(self.part(number))

    def settle(self, number: int, secret: bytes) -> InvoiceRow | None:
        """Let part `number` arrive with the payer's `secret`: its invoice is paid. None if refused: nothing changes."""
        with self._change():
            part = self.part(number)
            invoice = self.invoice_of(part.payment_hash)
            if part.status is not Status.PENDING or invoice is None or not self._acceptable(part, invoice, secret):
                return None
            now = int(time.time())
            self._db.execute("UPDATE nodes SET ours = ours + ? WHERE node = ?", (part.msat, part.payee))
            self._db.execute("UPDATE totals SET earned = earned + ?", (part.sent_msat - part.msat,))
            self._db.execute(
                "UPDATE parts SET status = 'complete', preimage = ?, completed_at = ?, updated_index = ? WHERE id = ?",
                (invoice.preimage, now, self._next(part.node, "part_changes"), number),
            )
            change, paid = self._next(part.payee, "invoice_changes"), self._next(part.payee, "paid")
            self._db.execute(
                "UPDATE invoices SET updated_index = ?, pay_index = ?, received_msat = ?, paid_at = ? WHERE id = ?",
                (change, paid, part.msat, now, invoice.id),
            )
            return self.invoice_of(part.payment_hash)

    def fail(self, number: int, code: int, reason: str) -> None:
        """Let part `number` come back to its node, if it is still on its way."""
        with self._change():
            part = self.part(number)
            if part.status is not Status.PENDING:
                return
            self._db.execute("UPDATE nodes SET ours = ours + ? WHERE node = ?", (part.sent_msat, part.node))
            self._db.execute(
                "UPDATE parts SET status = 'failed', code = ?, reason = ?, completed_at = ?, updated_index = ?"
                " WHERE id = ?",
                (code, reason, int(time.time()), self._next(part.node, "part_changes"), number),
            )

    def part(self, number: int) -> PartRow:
        """One part."""
        return _part(self._db.execute("SELECT * FROM parts WHERE id = ?", (number,)).fetchone())

    def parts(self, node: str, payment_hash: bytes | None = None) -> list[PartRow]:
        """A node's parts, or those for one hash, the oldest first."""
        if payment_hash is None:
            rows = self._db.execute("SELECT * FROM parts WHERE node = ? ORDER BY id", (node,))
        else:
            query = "SELECT * FROM parts WHERE node = ? AND payment_hash = ? ORDER BY id"
            rows = self._db.execute(query, (node, payment_hash))
        return [_part(row) for row in rows]

    def moving(self) -> list[PartRow]:
        """All parts on their way."""
        return [_part(row) for row in self._db.execute("SELECT * FROM parts WHERE status = 'pending' ORDER BY id")]

    def add_invoice(self, invoice: InvoiceRow) -> InvoiceRow:
        """Remember an invoice; its `id` and `created_index` are given here. Raises Taken."""
        with self._change():
            self._open(invoice.node)
            if self.has_label(invoice.node, invoice.label):
                raise Taken(by_label=True)
            if self.invoice_of(invoice.payment_hash):
                raise Taken(by_label=False)
            values = msgspec.structs.asdict(invoice) | {"created_index": self._next(invoice.node, "invoices")}
            del values["id"]
            self._insert("invoices", values)
        made = self.invoice_of(invoice.payment_hash)
        assert made is not None  # noqa: S101  just written
        return made

    def has_label(self, node: str, label: str) -> bool:
        """Whether the node has an invoice with that label."""
        query = "SELECT 1 FROM invoices WHERE node = ? AND label = ?"
        return self._db.execute(query, (node, label)).fetchone() is not None

    def invoice_of(self, payment_hash: bytes) -> InvoiceRow | None:
        """The invoice with that hash, whoever made it."""
        row = self._db.execute("SELECT * FROM invoices WHERE payment_hash = ?", (payment_hash,)).fetchone()
        return _invoice(row) if row else None

    def invoices(self, node: str) -> list[InvoiceRow]:
        """A node's invoices, the oldest first."""
        rows = self._db.execute("SELECT * FROM invoices WHERE node = ? ORDER BY created_index", (node,))
        return [_invoice(row) for row in rows]

    def paid_after(self, node: str, pay_index: int) -> InvoiceRow | None:
        """The first invoice that was paid after the one with `pay_index`."""
        query = "SELECT * FROM invoices WHERE node = ? AND pay_index > ? ORDER BY pay_index LIMIT 1"
        row = self._db.execute(query, (node, pay_index)).fetchone()
        return _invoice(row) if row else None

    def was_paid(self, node: str, offer_id: str) -> bool:
        """Whether an invoice of that offer was paid."""
        query = "SELECT 1 FROM invoices WHERE node = ? AND offer_id = ? AND pay_index IS NOT NULL"
        return self._db.execute(query, (node, offer_id)).fetchone() is not None

    def parts_by_status(self, node: str) -> dict[str, int]:
        """How many of a node's parts stand how."""
        query = "SELECT status, count(*) FROM parts WHERE node = ? GROUP BY status"
        return {str(status): int(count) for status, count in self._db.execute(query, (node,))}

    def invoices_by_status(self, node: str) -> dict[str, int]:
        """How many of a node's invoices are paid, and how many not."""
        query = "SELECT iif(pay_index IS NULL, 'unpaid', 'paid'), count(*) FROM invoices WHERE node = ? GROUP BY 1"
        return {str(status): int(count) for status, count in self._db.execute(query, (node,))}

    def indexes(self, node: str) -> Indexes:
        """The last index of each kind that the node has given out; 0: none."""
        row = self._db.execute("SELECT * FROM nodes WHERE node = ?", (node,)).fetchone()
        if row is None:
            return Indexes(0, 0, 0, 0)
        return Indexes(row["invoices"], row["invoice_changes"], row["parts"], row["part_changes"])

    def broken(self) -> tuple[str, ...]:
        """Every rule of `tables.RULES` that does not hold now; empty means the books are right."""
        return tuple(words for words, query in RULES.items() if self._db.execute(query).fetchone() is not None)

    def _acceptable(self, part: PartRow, invoice: InvoiceRow, secret: bytes) -> bool:
        """What a payee looks at before it takes a payment: that it is its own, whole, unpaid, in time and has room."""
        used = invoice.once and invoice.offer_id is not None and self.was_paid(invoice.node, invoice.offer_id)
        balance = self.balance(part.payee)
        return (
            invoice.node == part.payee
            and invoice.secret == secret
            and invoice.pay_index is None
            and not used
            and part.msat >= (invoice.msat or 1)
            and part.created_at <= invoice.expires_at
            and balance.receivable >= 0
        )

    def _open(self, node: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO nodes (node, ours, capacity) VALUES (?, 0, ?)", (node, self._capacity))

    def _next(self, node: str, counter: str) -> int:
        query = f"UPDATE nodes SET {counter} = {counter} + 1 WHERE node = ? RETURNING {counter}"  # noqa: S608  ours
        return int(self._db.execute(query, (node,)).fetchone()[0])

    def _insert(self, table: str, values: dict[str, object]) -> int:
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        cursor = self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608  ours
        return int(cursor.lastrowid or 0)

    def _sum(self, query: str, *values: str) -> int:
        return int(self._db.execute(query, values).fetchone()[0] or 0)

    @contextmanager
    def _change(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self.bell.ring()


def _part(row: sqlite3.Row) -> PartRow:
    return msgspec.convert(dict(row) | {"status": Status(row["status"])}, PartRow)


def _invoice(row: sqlite3.Row) -> InvoiceRow:
    return msgspec.convert(dict(row) | {"once": bool(row["once"])}, InvoiceRow)
