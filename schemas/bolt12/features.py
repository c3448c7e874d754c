"""Feature bits (BOLT 9): big-endian, bit 0 is the last byte's lowest; even bits must be understood, odd ones may be."""

OFFER_FEATURES: frozenset[int] = frozenset()
"""Offer features we understand. None is defined yet; the pair of MPP (16, 17) belongs to invoices."""


def feature_bits(features: bytes) -> tuple[int, ...]:
    """The numbers of the bits that are set, rising."""
    return tuple(
        index * 8 + bit for index, byte in enumerate(reversed(features)) if byte for bit in range(8) if byte >> bit & 1
    )


def must_be_understood(features: bytes, known: frozenset[int]) -> bool:
    """Whether an even bit outside `known` is set."""
    return any(byte & 0x55 for byte in features) and any(
        not bit & 1 and bit not in known for bit in feature_bits(features)
    )
