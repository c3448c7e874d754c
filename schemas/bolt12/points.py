"""Public keys: 33 bytes that name a point of secp256k1."""

from coincurve import PublicKey

from schemas.bolt12.reasons import Reason, Refused


def read_point(data: bytes, otherwise: Reason) -> bytes:
    """`data` (33 bytes, compressed) if it is a point on the curve. Raises Refused with `otherwise`."""
    try:
        PublicKey(data)
    except ValueError:
        raise Refused(otherwise) from None
    return data
