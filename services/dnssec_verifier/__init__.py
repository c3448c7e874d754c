"""dnssec-verifier: says that a name is published, proven and settled, and nobody's word is taken for it.

Guarantees: `authoritative` is committed only when every address the parent delegates to gave exactly the desired
record over UDP and TCP (P1) and the chain held from our own trust anchors (P2); `verified` only after every compliant
cache must have forgotten anything older (P4). No recursive resolver is asked about a name before P1 (facts: a question
asked too early stays "no" in its negative cache). It answers `bus.tables.subjects.RESOLVE` by walking from the root
itself.

May touch: authoritative DNS servers, the configured resolvers (samples), and the buckets `dns-health`, `proofs` and
`zones`, of which it is the only writer.
Rooms: `chain` (the walk from the root), `transport` (questions), `propagation` (looking at a name), `handlers` (proven,
then settled), `upkeep` (live names looked at all the while), `proof` (RFC 9102), `zones` (when a zone may be changed).
"""
