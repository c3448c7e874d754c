"""What a person of the demo has to be told, in order, and whether they were. Pure."""

from dataclasses import dataclass

from schemas.frames import Msg
from services.mesh.demo.claim import Claim, claim

NODE = (
    "node.register.opened",
    "node.register.registered",
    "node.register.scheduled",
    "node.register.ready",
)
NAME = (
    "username.register.reserved",
    "username.register.offered",
    "username.register.composed",
    "username.register.published",
    "username.register.authoritative",
    "username.register.verified",
    "username.register.activated",
)
PAYMENT = (
    "payment.send.requested",
    "payment.send.payee-found",
    "payment.send.invoice-ready",
    "payment.send.sending",
    "payment.send.settled",
)
RECEIVED = "payment.receive.credited"
"""The notifications that each brings, in this order (others may stand between them)."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What `who` was told, as it arrived; gapless if every message names the one before it."""

    who: str
    messages: tuple[Msg, ...]
    is_gapless: bool


def told_in_order(stream: Stream, expected: tuple[str, ...]) -> list[Claim]:
    """Whether all that is expected was told in this order, and whether nothing is missing between."""
    types = iter(message.type for message in stream.messages)
    missing = [kind for kind in expected if kind not in types]
    return [
        claim(f"{stream.who}'s notifications arrived in order", not missing, f"missing or out of order: {missing}"),
        claim(f"no notification of {stream.who}'s is missing between two others", stream.is_gapless, "a gap"),
    ]
