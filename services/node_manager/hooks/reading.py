"""Is what was posted Greenlight's, and what does it say? Pure."""

import base64
import hashlib
import hmac

import msgspec

from schemas.base import UNREADABLE
from schemas.hooks import GreenlightEvent


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `signature` is the base64 of HMAC-SHA256 over `body` under `secret`; an empty secret signs nothing."""
    if not secret or not signature.isascii():
        return False
    wanted = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return hmac.compare_digest(wanted, signature)


def event_in(body: bytes) -> GreenlightEvent | None:
    """The event in `body`; None if it is none that we can read."""
    try:
        return msgspec.json.decode(body, type=GreenlightEvent)
    except UNREADABLE:
        return None
