"""From a node's 32-byte secret to every key and public value of it, equal to what the official signer derives.

HKDF below is HKDF-SHA256 (RFC 5869) with an empty salt and 32 bytes of output; extended keys are BIP 32.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from coincurve import PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

from schemas.greenlight import bip32
from schemas.greenlight.secrets import SECRET_BYTES, Secret, wipe
from schemas.requests import Network

STARTUP_NAMES: Final = ("bolt12-invoice-base", "scb secret", "commando", "node-alias-base", "offer-blinded-path")
"""The derived secrets that registration hands to the scheduler, in the order it expects them. Confidential."""

_XPUB_VERSION: Final[dict[Network, bytes]] = {
    "bitcoin": bytes.fromhex("0488b21e"),
    "testnet": bytes.fromhex("043587cf"),
    "signet": bytes.fromhex("043587cf"),
    "regtest": bytes.fromhex("043587cf"),
}
_BOLT12_INDEX: Final = 9735


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """All keys of one node. Public: `node_id` and `bolt12_pubkey` (33 bytes, compressed), `bip32_key` (78 bytes, the
    extended public key at m/0/0). Secret: `node_key` (secp256k1 scalar), `rune_secret`, `startup_secrets` by name.
    """

    network: Network
    node_id: bytes
    bip32_key: bytes
    bolt12_pubkey: bytes
    node_key: Secret
    rune_secret: Secret
    startup_secrets: tuple[tuple[str, Secret], ...]

    @classmethod
    def from_secret(cls, secret: bytes | bytearray, network: Network) -> "NodeKeys":
        """Keys of the node behind `secret` (exactly 32 bytes; ValueError otherwise, saying nothing of its content)."""
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a node secret is {SECRET_BYTES} bytes")
        master = bip32.master(_hkdf(secret, "bip32 seed"))
        root = _hkdf(secret, "derived secrets")
        node_key = _hkdf(secret, "nodeid")
        return cls(
            network=network,
            node_id=PrivateKey(node_key).public_key.format(),
            bip32_key=master.child(0).child(0).serialize_public(_XPUB_VERSION[network]),
            bolt12_pubkey=master.child(bip32.HARDENED + _BOLT12_INDEX).public_key,
            node_key=Secret(node_key),
            rune_secret=Secret(_hkdf(secret, "gl-commando")),
            startup_secrets=tuple((name, Secret(_hkdf(root, name))) for name in STARTUP_NAMES),
        )

    def wipe(self) -> None:
        """Overwrite every secret; the public values stay usable."""
        for secret in (self.node_key, self.rune_secret, *(value for _, value in self.startup_secrets)):
            secret.wipe()


def secret_from_mnemonic(mnemonic: str) -> bytearray:
    """The 32-byte node secret of a BIP 39 English mnemonic without passphrase; the caller wipes it.

    Raises ValueError, without repeating any word, when a word or the checksum is wrong.
    """
    words = " ".join(mnemonic.split())
    if not Mnemonic("english").check(words):
        raise ValueError("the mnemonic's words or checksum are wrong")
    seed = bytearray(hashlib.pbkdf2_hmac("sha512", words.encode(), b"mnemonic", 2048))
    secret = seed[:SECRET_BYTES]
    wipe(seed)
    return secret


def _hkdf(key: bytes | bytearray, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=info.encode()).derive(bytes(key))
