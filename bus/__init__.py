"""The only road between services: NATS JetStream, spoken with retries, compare-and-set and idempotence.

May touch: nats-server and `schemas`. Guarantees: one fact one write, nothing lost on a crash between two lines, nothing
written by a stale writer, no secret on a stream. Each file is one policy.

Rooms, each standing on those before it: `tables` (streams, subjects, who may what), `secrets` (nkeys, key files, sealed
boxes), `client` (connection, JetStream's API, publishing, reading, the clock), `buckets` (keys and values, mirrors,
leases) and `servers` (the ones we start, one or three), `operations` (ledger, slip, decisions, timers), `requests` (the
door), `dead_letters`, `workers` (consumers and steps) and `rounds` (patrols, the sweeper, vitals). Beside them: for all
rooms `errors`, `log`, `tasks` and `backoff`; `process` around a whole process; `testing` for tests.
"""
