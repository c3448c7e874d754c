"""The HSM messages that registration hands over so that a node can boot with no signer attached.

Each is a 2-byte big-endian type followed by its fields. The five derived secrets in them cannot spend, but they are not
public: a registration payload is confidential.
"""

from collections.abc import Iterator
from typing import Final

from schemas.greenlight.keys import NodeKeys

SIGNER_PROTO: Final = "v25.05"
"""The signer version claimed on registration; its capabilities are the ones listed below."""

INIT_MSG_BYTES: Final = 180
"""Length of the init message."""

_HSM_VERSION: Final = 6
_CAPABILITIES: Final = (28, 142, 147, 149, 32, 34, 40)
_INIT_REPLY: Final = 114
_INIT_REQUEST: Final = 11
_DERIVE_SECRET: Final = 27
_DERIVE_SECRET_REPLY: Final = 127


def init_msg(keys: NodeKeys) -> bytes:
    """The signer's answer to the node's init request (180 bytes): versions, capabilities, public keys."""
    head = _u16(_INIT_REPLY) + _u32(_HSM_VERSION) + _u16(len(_CAPABILITIES))
    capabilities = b"".join(_u32(number) for number in _CAPABILITIES)
    return head + capabilities + keys.node_id + keys.bip32_key + keys.bolt12_pubkey


def init_msg_node_id(message: bytes) -> bytes | None:
    """The node id (33 bytes) inside an init message, or None when `message` is not one.

    The number of capabilities may differ between signer versions; the fields after them do not.
    """
    if len(message) < INIT_MSG_BYTES - 4 * len(_CAPABILITIES) or message[:2] != _u16(_INIT_REPLY):
        return None
    start = 8 + 4 * int.from_bytes(message[6:8], "big")
    node_id = message[start : start + 33]
    return node_id if len(message) == start + 33 + 78 + 33 else None


def startup_messages(keys: NodeKeys) -> tuple[tuple[bytes, bytes], ...]:
    """The six (request, canned response) pairs, in the order the scheduler expects. Confidential."""
    return ((_init_request(), init_msg(keys)), *_derived(keys))


def _derived(keys: NodeKeys) -> Iterator[tuple[bytes, bytes]]:
    for name, secret in keys.startup_secrets:
        info = name.encode()
        yield _u16(_DERIVE_SECRET) + _u16(len(info)) + info, _u16(_DERIVE_SECRET_REPLY) + secret.expose()


def _init_request() -> bytes:
    key_versions, chain, absent_options = bytes(8), bytes(32), bytes(5)
    return _u16(_INIT_REQUEST) + key_versions + chain + absent_options + _u32(4) + _u32(_HSM_VERSION)


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")
