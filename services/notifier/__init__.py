"""The notifier: owners are told every fact they should know, once and in order; finished operations become history.

Guarantees: a notification is written exactly once however often its fact is delivered, by however many replicas,
however late; the facts of one operation are told in their order; a finished operation is folded into HISTORY once.
Also sweeps stalled operations (`bus.rounds.sweeper`), keeps in DLQ what the server gave up delivering, and calls
webhooks (`services.notifier.webhooks`), and notes which operations are in an owner's lists (`services.notifier.lists`).
May touch: NOTIFY, HISTORY, DLQ and the buckets `webhooks`, `deliveries`, `vitals` and `lists` (alone writes them),
LEDGER and ADVISORY (reads), ticks; talks to webhook receivers.
"""
