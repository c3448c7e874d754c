"""What a Greenlight client computes itself, byte for byte as the official one does: keys, registration payload,
challenge signatures, runes, device identity, request signatures (Greenlight wire interface, Core Lightning runes).

Guarantees: pure functions over bytes, no network, no files, no clock; secrets never in a `repr` or an exception text.
"""
