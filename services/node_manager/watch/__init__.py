"""Balances that are never silently stale: a running node is watched, and read again whenever something happens.

Guarantees: one process at a time watches a node (a lease), another takes over within seconds when it died; a balance
is marked `current` only while an open stream would tell of a payment; what its owner pays is seen in their purse;
whatever may have been missed is made good by reading once the stream is open. Nothing is polled: a node at rest costs
one record and nothing else.
"""
