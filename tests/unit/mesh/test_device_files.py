"""What a device keeps in files: made once, read again, and refused without saying what is in it."""

from pathlib import Path

import pytest

from services.mesh.device.held import UnusableFile, held_key, held_words


def test_what_is_not_there_is_made_and_is_the_same_the_next_time(tmp_path: Path) -> None:
    words, key = tmp_path / "words", tmp_path / "key"
    assert held_words(words) == held_words(words)
    assert held_key(key) == held_key(key)
    assert (words.stat().st_mode | key.stat().st_mode) & 0o077 == 0
    assert held_words(None) != held_words(None)
    assert held_key(None) != held_key(None)


@pytest.mark.parametrize(
    "content", [b"", b"abandon " * 12, b"\xff\xfe", b"00" * 32, b"ff" * 32, b"zz" * 32, b"ab" * 31]
)
def test_what_is_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    for read in (held_words, held_key):
        with pytest.raises(UnusableFile) as refused:
            read(file)
        assert str(refused.value).startswith(str(file))
        assert content.decode(errors="replace")[:8] not in str(refused.value) or not content
