"""Pairing a device without a signer (facts/greenlight.md §4.5): what the approving device signs, and what it checks."""

from typing import Final

from schemas.greenlight import rune as runes

METHOD: Final = "approvepairing"
"""What the rune of the approving device is judged for."""


def approval_bytes(device_id: str, timestamp_s: int, node_id: bytes, device_name: str, restrictions: str) -> bytes:
    """What the approving device's key signs; `device_id` is the new device's public key (130 hex)."""
    moment = timestamp_s.to_bytes(8, "big")
    return device_id.encode() + moment + node_id + device_name.encode() + restrictions.encode()


def restrictions_for(device_id: str, restrictions: str) -> tuple[str, ...] | None:
    """The restrictions one by one, without the one that binds the rune to `device_id`; None if that is not there once.

    None too for what cannot be read as restrictions.
    """
    parts = restrictions.split("&")
    try:
        parsed = [runes.parse_restriction(part) for part in parts]
    except runes.RuneError:
        return None
    bound = [part for part, alternatives in zip(parts, parsed, strict=True) if alternatives[0].name == "pubkey"]
    if bound != [f"pubkey={device_id}"]:
        return None
    return tuple(part for part in parts if part not in bound)
