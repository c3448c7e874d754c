"""The only road between services: NATS JetStream, spoken with retries, compare-and-set and idempotence.

May touch: nats-server and `schemas`. Guarantees: one fact one write, nothing lost on a crash between two lines, nothing
written by a stale writer, no secret on a stream. Each file is one policy; `topology` and `subjects` are the tables.
"""
