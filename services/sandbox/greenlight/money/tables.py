"""The ledger's tables. What must never be is forbidden here as well: a balance below zero, a hash paid twice."""

from typing import Final

TABLES: Final = """
CREATE TABLE IF NOT EXISTS nodes (
    node TEXT PRIMARY KEY, ours INTEGER NOT NULL CHECK (ours >= 0), capacity INTEGER NOT NULL,
    invoices INTEGER NOT NULL DEFAULT 0, invoice_changes INTEGER NOT NULL DEFAULT 0, paid INTEGER NOT NULL DEFAULT 0,
    parts INTEGER NOT NULL DEFAULT 0, part_changes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS totals (
    one INTEGER PRIMARY KEY CHECK (one = 1), funded INTEGER NOT NULL, earned INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO totals VALUES (1, 0, 0);
CREATE TABLE IF NOT EXISTS invoices (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL, label TEXT NOT NULL, payment_hash BLOB NOT NULL UNIQUE,
    preimage BLOB NOT NULL, secret BLOB NOT NULL, description TEXT, msat INTEGER, text TEXT NOT NULL, offer_id TEXT,
    payer_note TEXT, once INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    created_index INTEGER NOT NULL, updated_index INTEGER, pay_index INTEGER, received_msat INTEGER, paid_at INTEGER,
    UNIQUE (node, label), UNIQUE (node, pay_index)
) STRICT;
CREATE TABLE IF NOT EXISTS parts (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL, payee TEXT NOT NULL, payment_hash BLOB NOT NULL,
    text TEXT NOT NULL, msat INTEGER NOT NULL, sent_msat INTEGER NOT NULL, status TEXT NOT NULL, label TEXT,
    description TEXT, destination BLOB NOT NULL, created_at INTEGER NOT NULL, completed_at INTEGER, preimage BLOB,
    code INTEGER, reason TEXT, due REAL NOT NULL, fails INTEGER, created_index INTEGER NOT NULL, updated_index INTEGER
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS once ON parts (node, payment_hash) WHERE status <> 'failed';
CREATE INDEX IF NOT EXISTS by_hash ON parts (payment_hash);
CREATE INDEX IF NOT EXISTS moving ON parts (status) WHERE status = 'pending';
"""

RULES: Final = {
    "funded is held, moving and earned": """
        SELECT 1 FROM totals WHERE funded <> earned + (SELECT ifnull(sum(ours), 0) FROM nodes)
        + (SELECT ifnull(sum(sent_msat), 0) FROM parts WHERE status = 'pending')""",
    "earned is what arrived parts paid above their amount": """
        SELECT 1 FROM totals
        WHERE earned <> (SELECT ifnull(sum(sent_msat - msat), 0) FROM parts WHERE status = 'complete')""",
    "no channel holds more than its capacity": """
        SELECT 1 FROM nodes WHERE capacity < ours
        + (SELECT ifnull(sum(sent_msat), 0) FROM parts WHERE parts.node = nodes.node AND status = 'pending')""",
    "an arrived part has paid one invoice, with its preimage": """
        SELECT 1 FROM parts WHERE status = 'complete' AND NOT EXISTS (SELECT 1 FROM invoices AS i
        WHERE i.payment_hash = parts.payment_hash AND i.node = payee AND received_msat = parts.msat
        AND i.preimage = parts.preimage)""",
    "a paid invoice was paid by one part": """
        SELECT 1 FROM invoices AS i WHERE pay_index IS NOT NULL AND 1 <> (SELECT count(*) FROM parts
        WHERE parts.payment_hash = i.payment_hash AND status = 'complete')""",
}
"""What must hold after every change, by the words for it: a query that finds something only if it does not."""
