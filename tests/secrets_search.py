"""Looks for secrets where none may be: every encoding a careless line of code would use, in files and environments."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Hit:
    """`secret` was found as `encoding` in `place`."""

    secret: str
    encoding: str
    place: str


def encodings(secret: bytes) -> dict[str, bytes]:
    """`secret` as raw, hex, base32, base64; the last also as part of a longer base64 text, at each alignment."""
    found = {
        "raw": secret,
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "base32": base64.b32encode(secret).rstrip(b"="),
        "base32 lower": base64.b32encode(secret).rstrip(b"=").lower(),
    }
    for shift in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            text = encode(b"\x00" * shift + secret)
            found[f"{name}+{shift}"] = text[4 if shift else 0 : len(text) // 4 * 4 - 4]
    return found


def search(secrets: Mapping[str, bytes], places: Iterable[tuple[str, bytes]]) -> list[Hit]:
    """Every secret in every encoding in every place."""
    needles = [(name, kind, text) for name, value in secrets.items() for kind, text in encodings(value).items()]
    return [Hit(name, kind, place) for place, content in places for name, kind, text in needles if text in content]


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder` with its content; one that a running server takes away meanwhile holds nothing."""
    for path in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield str(path), path.read_bytes()


def environments(pids: Iterable[int]) -> Iterator[tuple[str, bytes]]:
    """The environment of each process as the system shows it (Linux); nothing elsewhere."""
    for pid in pids:
        file = Path(f"/proc/{pid}/environ")
        if file.exists():
            yield f"environment of {pid}", file.read_bytes()
