"""What a holder answers to a question, from the secret and nothing else. Pure.

A question signs exactly one scheduler challenge for exactly one device. The rune leaves already restricted to the
methods table; the start-up secrets leave only for a first registration, never for a recovery.
"""

from schemas.greenlight.challenge import CHALLENGE_BYTES, sign_challenge
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.startup import init_msg, startup_messages
from schemas.sealed import SeedAnswer, SeedQuestion
from services.node_manager.runes import narrowed_rune

_PUBKEY_BYTES = 65


def answer(secret: bytearray, question: SeedQuestion) -> SeedAnswer | None:
    """The answer to `question`; None if it asks for anything else than a challenge and a device key."""
    challenge, device = _from_hex(question.challenge), _from_hex(question.device_pubkey)
    if len(challenge) != CHALLENGE_BYTES or len(device) != _PUBKEY_BYTES or device[0] != 4:
        return None
    keys = NodeKeys.from_secret(secret, question.network)
    try:
        return _answer(keys, question, challenge, device)
    finally:
        keys.wipe()


def _answer(keys: NodeKeys, question: SeedQuestion, challenge: bytes, device: bytes) -> SeedAnswer:
    first = question.scope == "register"
    return SeedAnswer(
        node_id=keys.node_id.hex(),
        signature=sign_challenge(keys, challenge).hex(),
        bip32_key=keys.bip32_key.hex(),
        init_msg=init_msg(keys).hex() if first else "",
        startup=tuple((ask.hex(), reply.hex()) for ask, reply in startup_messages(keys)) if first else (),
        rune=narrowed_rune(keys, device),
    )


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
