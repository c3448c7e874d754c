"""The edge: HTTP and WebSocket turned into bus traffic, and nothing else.

Guarantees: every refusal is problem+json with a stable code and stores nothing; a 202 means the request is on disk;
after that no answer says 5xx for it; a socket, a stream and a page miss no notification, or say what is missing.
May touch: INGRESS and the buckets `replay`, `sessions` and `cursors`, which it alone writes; LEDGER, NOTIFY, HISTORY
and what `bus.tables.permissions` lets it read; and the sealed transport in one direction. It holds no state that
another edge would need: acks that are not written yet, if lost, only repeat what was read.

Rooms: `routes` (what each address does), `web` (HTTP itself: bodies, refusals, limits, documents), `callers` (who it is
and what they may), `asking` (requests put on the bus, questions to workers), `looking` (what became of them), `streams`
(an owner's log by page, stream and socket), `views` (what is shown), `gauges` (what an edge shows of itself).
"""
