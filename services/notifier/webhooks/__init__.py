"""Webhooks: every notification that an owner wants sent reaches the receiver, is held by the bus until it does, or ends
in the owner's log.

Guarantees: one delivery for each event and webhook, under one `webhook-id`, however often its event comes; an attempt
is repeated only if it failed or its outcome is unknown (at least once); a retry is an alarm on the bus, so it survives
everybody; a receiver that hangs keeps nobody else waiting; no connection to an address that is not public.
A signing secret is derived when it is used, and kept nowhere.
"""
