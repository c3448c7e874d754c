"""What a request means, apart from how it was written: the digest that tells a repeated request from another one."""

import hashlib

import msgspec


def digest(kind: str, **fields: str | None) -> str:
    """Lower-case hex SHA-256 over `kind` and `fields` as canonical JSON: sorted keys, no spaces, absent is null."""
    return hashlib.sha256(msgspec.json.encode({"kind": kind, **fields}, order="sorted")).hexdigest()
