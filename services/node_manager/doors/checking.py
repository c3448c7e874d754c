"""Is an owner's device's answer good for the device it was made for? Pure; says which rule, never what was in it."""

from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from bus.secrets.sealed import SealingPair, wipe
from schemas.base import UNREADABLE
from schemas.doors import AccessEnvelope, AnswerEnvelope, ClnAccess, DeviceAnswer
from schemas.greenlight.challenge import verify_challenge
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.startup import init_msg_node_id
from schemas.sealed import SeedDelivery, SeedRefused
from services.node_manager.runes import Narrow, narrow
from services.node_manager.seeds import binding

BOX_MAX = 32 * 1024
"""Longest box in base64 characters; a real one has under 6,000."""

_STARTUP_MESSAGES = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A device of ours that an owner was given for node `node_id` (66 hex), with the challenges it is proven by."""

    node_id: str
    device: DeviceKey = field(repr=False)
    register: bytes = field(repr=False)
    recover: bytes = field(repr=False)


def opened(delivery: SeedDelivery, pair: SealingPair, now: float) -> DeviceAnswer | ClnAccess | SeedRefused:
    """The answer (or access) in the box, if it is bound to this delivery and fresh at `now` (unix seconds)."""
    if len(delivery.box) > BOX_MAX:
        return _invalid("the delivery cannot be read")
    if delivery.kid != pair.kid:
        return SeedRefused(code="sealing-key-unknown", detail="the box was sealed to another key")
    plain = pair.open(delivery.box)
    if plain is None:
        return _invalid("the box does not open")
    try:
        envelope = _decoded(plain)
    finally:
        wipe(plain)
    if envelope is None:
        return _invalid("the box holds neither an answer nor an access")
    mismatch = binding.check(delivery, envelope, now)
    if mismatch is not None:
        return _invalid(mismatch.value)
    return envelope.answer if isinstance(envelope, AnswerEnvelope) else envelope.access


def _decoded(plain: bytearray) -> AnswerEnvelope | AccessEnvelope | None:
    with suppress(*UNREADABLE):
        return msgspec.json.decode(plain, type=AnswerEnvelope)
    with suppress(*UNREADABLE):
        return msgspec.json.decode(plain, type=AccessEnvelope)
    return None


def checked(answer: DeviceAnswer, asked: Asked) -> SeedRefused | None:
    """The first rule that `answer` breaks as an answer to `asked`, if any."""
    node_id, init = bytes.fromhex(asked.node_id), bytes.fromhex(answer.init_msg)
    register, recover = bytes.fromhex(answer.signed_register), bytes.fromhex(answer.signed_recover)
    rules = {
        "the challenge for registering is not signed by the node's key": verify_challenge(
            node_id, asked.register, register
        ),
        "the challenge for recovering is not signed by the node's key": verify_challenge(
            node_id, asked.recover, recover
        ),
        "the init message is not this node's": init_msg_node_id(init) == node_id,
        "the extended key is not the one in the init message": bytes.fromhex(answer.bip32_key) in init,
        "the start-up messages are not the six that a node boots with": len(answer.startup) == _STARTUP_MESSAGES
        and answer.startup[0][1] == answer.init_msg,
        "the rune is not for our device, or not restricted as asked": isinstance(
            narrow(answer.rune, asked.device.public_key), Narrow
        ),
    }
    broken = next((rule for rule, holds in rules.items() if not holds), None)
    return None if broken is None else SeedRefused(code="device-answer-invalid", detail=broken)


def _invalid(detail: str) -> SeedRefused:
    return SeedRefused(code="sealed-box-invalid", detail=detail)
