"""What a node can check about a call without any secret: signature, certificate of the device, and the rune's limits.

Whether the rune was really minted by the owner only a signer can tell.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

import grpc

from schemas.greenlight import rune as runes
from schemas.greenlight.request_auth import SignedCall, UnsignedCall, verify_call
from services.sandbox.greenlight.admission import Refusal


@dataclass(frozen=True, slots=True)
class Authorised:
    """The call is signed by a device of this node whose rune allows it."""

    call: SignedCall
    rune: runes.Rune = field(repr=False)


def authorise(
    method: str, payload: bytes, metadata: Mapping[str, str], devices: Set[bytes], now_s: float
) -> Authorised | Refusal:
    """Whether `payload` may be passed to `method`; `devices` are the public keys with a certificate for this node."""
    call = verify_call(metadata, payload)
    if isinstance(call, UnsignedCall):
        return Refusal(grpc.StatusCode.UNAUTHENTICATED, call.reason)
    if call.pubkey not in devices:
        return Refusal(grpc.StatusCode.UNAUTHENTICATED, "no device of this node has that key")
    try:
        rune = runes.decode(call.rune)
    except runes.RuneError:
        return Refusal(grpc.StatusCode.UNAUTHENTICATED, "glrune is not a rune")
    if runes.device_of(rune) != call.pubkey.hex():
        return Refusal(grpc.StatusCode.PERMISSION_DENIED, "the rune is not bound to this device's key")
    values = {"method": method.lower(), "pubkey": call.pubkey.hex(), "time": str(int(now_s))}
    match runes.evaluate(rune, values):
        case runes.Denied(restriction=_):
            return Refusal(grpc.StatusCode.PERMISSION_DENIED, f"the rune does not allow {method.lower()}")
        case runes.Allowed():
            return Authorised(call, rune)
