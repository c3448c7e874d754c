"""What a node asks its signer, as bytes: a big-endian u16 type, then the fields (Core Lightning's HSM protocol).

Texts end with a zero byte, byte strings begin with a u16 length. Answers are a type and what was asked for.
"""

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from coincurve import PrivateKey, PublicKey

ALIAS_BASE: Final = "node-alias-base"
"""The derived secret that disguises a node's id; with it a payer's keys are made."""


class Ask(IntEnum):
    """Types of requests. 41 is 25 with a key made for the occasion; signers before VLS 0.14 do not know it."""

    ECDH = 1
    SIGN_INVOICE = 8
    SIGN_BOLT12 = 25
    DERIVE_SECRET = 27
    PREAPPROVE_INVOICE = 38
    SIGN_BOLT12_2 = 41

    @property
    def reply(self) -> bytes:
        """How the answer to it begins."""
        return (100 if self is Ask.ECDH else self.value + 100).to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Bolt12Signing:
    """A BIP 340 signature to make over `root` (32 bytes) as `message`'s `field`.

    By the node's own key, or, with a `tweak`, by that key disguised with the derived secret called `info`.
    """

    message: str
    field: str
    root: bytes
    info: bytes = b""
    tweak: bytes = b""

    def written(self) -> bytes:
        """The request: type 25, or 41 if it has a tweak."""
        kind = Ask.SIGN_BOLT12_2 if self.tweak else Ask.SIGN_BOLT12
        text = self.message.encode() + b"\0" + self.field.encode() + b"\0"
        return _head(kind) + text + self.root + (_sized(self.info) if self.tweak else b"") + _sized(self.tweak)

    @classmethod
    def read(cls, message: bytes) -> "Bolt12Signing":
        """The request behind `message`, type and all. Raises ValueError if it is none."""
        kind = Ask(int.from_bytes(message[:2], "big"))
        name, rest = _text(message[2:])
        field, rest = _text(rest)
        root, rest = rest[:32], rest[32:]
        info, rest = _bytes(rest) if kind is Ask.SIGN_BOLT12_2 else (b"", rest)
        tweak, rest = _bytes(rest)
        if kind not in (Ask.SIGN_BOLT12, Ask.SIGN_BOLT12_2) or rest or len(root) != 32:
            raise ValueError("not a request to sign a BOLT 12 message")
        return cls(name, field, root, info, tweak)


def invoice_to_sign(prefix: str, words: bytes) -> bytes:
    """Type 8: a BOLT 11 invoice's human-readable `prefix` and its data, one five-bit word in each byte."""
    return _head(Ask.SIGN_INVOICE) + _sized(words) + _sized(prefix.encode())


def read_invoice_to_sign(message: bytes) -> tuple[str, bytes]:
    """Prefix and words of a type 8 request. Raises ValueError if it is none."""
    words, rest = _bytes(message[2:])
    prefix, rest = _bytes(rest)
    if rest or max(words, default=0) > 31:
        raise ValueError("not an invoice to sign")
    return prefix.decode("ascii"), words


def to_exchange(point: bytes) -> bytes:
    """Type 1: the key exchange with `point` (33 bytes)."""
    return _head(Ask.ECDH) + point


def to_derive(name: str) -> bytes:
    """Type 27: the derived secret called `name`."""
    return _head(Ask.DERIVE_SECRET) + _sized(name.encode())


def to_approve(invoice: str) -> bytes:
    """Type 38: whether the payment of `invoice` is what its owner wants."""
    return _head(Ask.PREAPPROVE_INVOICE) + invoice.encode() + b"\0"


def alias_id(node_id: bytes, base: bytes, tweak: bytes) -> bytes:
    """The public key (33 bytes) behind which a node hides for one purpose; `base` is the secret of `ALIAS_BASE`."""
    alias: bytes = PublicKey(node_id).add(_disguise(base, tweak)).format()
    return alias


def alias_secret(node_secret: bytes, base: bytes, tweak: bytes) -> bytes:
    """The secret (32 bytes) of `alias_id`."""
    secret: bytes = PrivateKey(node_secret).add(_disguise(base, tweak)).secret
    return secret


def _disguise(base: bytes, tweak: bytes) -> bytes:
    return hashlib.sha256(base + tweak).digest()


def _head(kind: Ask) -> bytes:
    return kind.to_bytes(2, "big")


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _bytes(data: bytes) -> tuple[bytes, bytes]:
    end = 2 + int.from_bytes(data[:2], "big")
    if len(data) < end:
        raise ValueError("the message is cut off")
    return data[2:end], data[end:]


def _text(data: bytes) -> tuple[str, bytes]:
    text, zero, rest = data.partition(b"\0")
    if not zero:
        raise ValueError("a text without end")
    return text.decode(), rest
