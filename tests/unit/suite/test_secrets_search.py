"""The search for secrets finds what it is meant to find: each planted encoding, in a file and inside longer texts."""

import base64
import secrets
from pathlib import Path

import pytest

from tests.secrets_search import encodings, files_below, search

SECRET = secrets.token_bytes(32)


@pytest.mark.parametrize("kind", sorted(encodings(SECRET)))
def test_finds_each_encoding_in_a_file(kind: str, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_bytes(b'{"event":"x","y":"' + encodings(SECRET)[kind] + b'"}')
    assert kind in {hit.encoding for hit in search({"seed": SECRET}, files_below(tmp_path))}


@pytest.mark.parametrize("before", range(8))
def test_finds_base64_of_a_longer_text_around_the_secret(before: int) -> None:
    text = base64.b64encode(b"x" * before + SECRET + b"tail")
    assert search({"seed": SECRET}, [("blob", text)])


def test_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(secrets.token_bytes(4096))
    assert not search({"seed": SECRET}, files_below(tmp_path))
