"""Who is who on the bus: one nkey per identity (seed files 0600) and `public.json` with the public halves.

Guarantees: making keys again never replaces one that exists; a seed never reaches a log, a `repr` or an exception.
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import nkeys
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from bus.errors import KeysMissing
from bus.tables.identities import ALL_IDENTITIES

PUBLIC = "public.json"

PublicKeys = Mapping[str, tuple[str, ...]]
"""Identity -> its public nkeys: the one in use, and while it is rotated the other one too."""


def seed_file(folder: Path, identity: str) -> Path:
    """Where the seed of `identity` is kept."""
    return folder / f"{identity}.nk"


def next_seed_file(folder: Path, identity: str) -> Path:
    """Where the seed that `identity` will use next is kept while its key is rotated."""
    return folder / f"{identity}.next.nk"


def make_keys(folder: Path) -> PublicKeys:
    """Make the seeds that are missing in `folder` and write `public.json`; identity -> public nkeys (`U…`).

    The first key is the one in use. A second one, of a rotation that has begun and not ended, is kept.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(folder):
        for identity in ALL_IDENTITIES:
            make_seed(seed_file(folder, identity))
        try:
            before = read_public(folder)
        except KeysMissing:
            before = {}
        in_use = {identity: public_of(read_seed(folder, identity)) for identity in ALL_IDENTITIES}
        public = {identity: listed(in_use[identity], before.get(identity, ())) for identity in ALL_IDENTITIES}
        write_public(folder, public)
    return public


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else changes the keys in `folder` meanwhile; the kernel lets go when we die."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def listed(first: str, others: tuple[str, ...]) -> tuple[str, ...]:
    """`first` and then whatever else is in `others`, in order."""
    return (first, *(key for key in others if key != first))


def read_seed(folder: Path, identity: str) -> str:
    """The nkey seed of `identity` (`SU…`); KeysMissing if it cannot be read."""
    try:
        text = seed_file(folder, identity).read_text(encoding="ascii").strip()
    except OSError:
        raise KeysMissing(f"no nkey seed for {identity} in nats_keys_dir") from None
    return text


def read_public(folder: Path) -> PublicKeys:
    """Identity -> public nkeys, from `public.json`; KeysMissing if it cannot be read."""
    try:
        table = msgspec.json.decode((folder / PUBLIC).read_bytes(), type=dict[str, str | tuple[str, ...]])
    except (OSError, msgspec.DecodeError):
        raise KeysMissing("no usable public.json in nats_keys_dir") from None
    return {identity: (keys,) if isinstance(keys, str) else keys for identity, keys in table.items()}


def write_public(folder: Path, public: PublicKeys) -> None:
    """Replace `public.json` as a whole: one key as text, several as a list."""
    table = {identity: keys[0] if len(keys) == 1 else list(keys) for identity, keys in public.items()}
    draft = folder / f"{PUBLIC}.{os.getpid()}.tmp"
    with draft.open("w", encoding="ascii") as file:
        file.write(json.dumps(table, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / PUBLIC)


def sign(folder: Path, identity: str, message: bytes) -> bytes:
    """An ed25519 signature (64 bytes) over `message` with the nkey of `identity`."""
    pair = nkeys.from_seed(read_seed(folder, identity).encode())
    try:
        return bytes(pair.sign(message))
    finally:
        pair.wipe()


def verify(public_nkeys: Sequence[str], message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made by the holder of one of `public_nkeys`."""
    return any(_verifies(key, message, signature) for key in public_nkeys)


def _verifies(public_nkey: str, message: bytes, signature: bytes) -> bool:
    try:
        raw = base64.b32decode(public_nkey + "=" * (-len(public_nkey) % 8))
        VerifyKey(raw[1:33]).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def make_seed(path: Path) -> None:
    """Write a new seed to `path`, whole or not at all, readable by its owner only; an existing one stays."""
    if path.exists():
        return
    seed = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(seed))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # somebody made it meanwhile: theirs stands
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def public_of(seed: str) -> str:
    """The public nkey (`U…`) of `seed`."""
    pair = nkeys.from_seed(seed.encode())
    try:
        return bytes(pair.public_key).decode()
    finally:
        pair.wipe()
