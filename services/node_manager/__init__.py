"""node-manager: an owner's Lightning node, taken in and kept running; offers, invoices and payments are made on it.

Guarantees: a seed is only ever in memory, sealed until it is here, bound to one request, wiped when used or after 15
minutes. Credentials rest sealed and bound to node and owner. Every call has a deadline; an unknown outcome is looked at
before anything is repeated; an offer nobody could pay never leaves this service.

May touch: the Greenlight scheduler and nodes (gRPC over mTLS), the account SEC, and the buckets `nodes`, `node-views`,
`credentials`, `keys`, `balances`, `watches`, `purses`, `receipts`, `sweeps` and `node-health`, of which it is the only
writer. Rooms: `seeds` (the only code that sees one) and `doors` (nodes that come without), `keep` (what is known of a
node, and what opens it), `lifecycle` (started, ready, stuck), `handlers` (one verb a file), `offers` (how one is made,
and whose it is), `orphans` (offers nobody needs), `paying`, `receiving`, `watch` (balances by events), `health` (of the
nodes of names), `greenlight` (thin adapters), `hooks` (what Greenlight posts).
"""
