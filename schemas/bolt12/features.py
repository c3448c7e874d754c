"""Feature bits (BOLT 9): big-endian, bit 0 is the last byte's lowest; even bits must be understood, odd ones may be."""

OFFER_FEATURES: frozenset[int] = frozenset()
"""Offer features we understand: none is defined yet."""
INVOICE_REQUEST_FEATURES: frozenset[int] = frozenset()
"""None is defined yet."""
MPP_COMPULSORY, MPP_OPTIONAL = 16, 17
"""The invoice must, or may, be paid in several parts."""
INVOICE_FEATURES: frozenset[int] = frozenset((MPP_COMPULSORY, MPP_OPTIONAL))
"""Invoice features we understand."""
BLINDED_PATH_FEATURES: frozenset[int] = frozenset()
"""Features of a payment over a blinded path: none is defined yet."""


def feature_bits(features: bytes) -> tuple[int, ...]:
    """The numbers of the bits that are set, rising."""
    return tuple(
        index * 8 + bit for index, byte in enumerate(reversed(features)) if byte for bit in range(8) if byte >> bit & 1
    )


def feature_bytes(bits: frozenset[int]) -> bytes:
    """The shortest features in which `bits` are set."""
    number = sum(1 << bit for bit in bits)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def must_be_understood(features: bytes, known: frozenset[int]) -> bool:
    """Whether an even bit outside `known` is set."""
    return any(byte & 0x55 for byte in features) and any(
        not bit & 1 and bit not in known for bit in feature_bits(features)
    )
