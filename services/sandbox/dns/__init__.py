"""Signed DNS: the zones `.`, `test.` and `shop.test.`, their authoritative servers, and resolvers that lag behind.

Guarantees: every answer carries valid signatures and denials unless a fault says otherwise; every change has a serial,
and what was true at an earlier serial can still be served.
"""
