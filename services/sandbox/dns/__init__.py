"""Signed DNS: `.`, `test.` and zones below it, their authoritative servers, a registry, and validating resolvers.

Guarantees: every answer of a signed zone carries valid signatures and denials unless a fault says otherwise; every
change has a serial, and what was true at an earlier serial, signatures and all, can still be served.
"""
