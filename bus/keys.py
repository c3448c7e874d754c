"""Who is who on the bus: one nkey per identity (seed files 0600) and `public.json` with the public halves.

Guarantees: making keys again never replaces one that exists; a seed never reaches a log, a `repr` or an exception.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import nkeys
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from bus.errors import KeysMissing
from bus.identities import ALL_IDENTITIES

PUBLIC = "public.json"


def seed_file(folder: Path, identity: str) -> Path:
    """Where the seed of `identity` is kept."""
    return folder / f"{identity}.nk"


def make_keys(folder: Path) -> dict[str, str]:
    """Make the seeds that are missing in `folder` and write `public.json`; identity -> public nkey (`U…`)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for identity in ALL_IDENTITIES:
        _make_seed(seed_file(folder, identity))
    public = {identity: _public(read_seed(folder, identity)) for identity in ALL_IDENTITIES}
    _replace(folder / PUBLIC, json.dumps(public, indent=2) + "\n")
    return public


def read_seed(folder: Path, identity: str) -> str:
    """The nkey seed of `identity` (`SU…`); KeysMissing if it cannot be read."""
    try:
        text = seed_file(folder, identity).read_text(encoding="ascii").strip()
    except OSError:
        raise KeysMissing(f"no nkey seed for {identity} in nats_keys_dir") from None
    return text


def read_public(folder: Path) -> Mapping[str, str]:
    """Identity -> public nkey, from `public.json`; KeysMissing if it cannot be read."""
    try:
        table = json.loads((folder / PUBLIC).read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise KeysMissing("no usable public.json in nats_keys_dir") from None
    return {str(identity): str(key) for identity, key in table.items()}


def sign(folder: Path, identity: str, message: bytes) -> bytes:
    """An ed25519 signature (64 bytes) over `message` with the nkey of `identity`."""
    pair = nkeys.from_seed(read_seed(folder, identity).encode())
    try:
        return bytes(pair.sign(message))
    finally:
        pair.wipe()


def verify(public_nkey: str, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made by the holder of `public_nkey`."""
    try:
        raw = base64.b32decode(public_nkey + "=" * (-len(public_nkey) % 8))
        VerifyKey(raw[1:33]).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def _make_seed(path: Path) -> None:
    seed = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(bytes(seed))


def _public(seed: str) -> str:
    pair = nkeys.from_seed(seed.encode())
    try:
        return bytes(pair.public_key).decode()
    finally:
        pair.wipe()


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(text, encoding="ascii")
    draft.replace(path)
