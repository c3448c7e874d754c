"""node-manager: a seller's seed becomes a registered, narrowed, running Lightning node; and offers are made on it.

Guarantees: a seed is only ever in memory, sealed until it is here, bound to one request, wiped when used or after 15
minutes. Credentials rest sealed and bound to node and owner. Every call has a deadline; an unknown outcome is looked at
before anything is repeated; an offer nobody could pay never leaves this service.

May touch: the Greenlight scheduler and nodes (gRPC over mTLS), the buckets `nodes`, `node-views`, `balances`, `keys`,
and the account SEC.
Rooms: `seeds` (the only code that sees one), `keep` (credentials at rest), `greenlight` (thin adapters), `hooks` (what
Greenlight posts), `handlers` (one verb a file), `watch` (balances by events).
"""
