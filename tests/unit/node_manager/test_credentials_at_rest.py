"""Credentials at rest open with the right key for the right node and owner, and in no other way."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import Owner
from schemas.settings import SettingError
from services.node_manager.keep.credentials import Credentials, open_credentials, seal_credentials
from services.node_manager.keep.envelope import EnvelopeRefused, SealingSecret
from services.node_manager.keep.key_file import read_key

KEY, WRONG = SealingSecret(b"k" * 32), SealingSecret(b"w" * 32)
OWNER, NODE = Owner("o" * 26), "02" * 33
CREDENTIALS = Credentials(certificate="CERT", key="PRIVATE", rune="RUNE", how="registered")


def sealed() -> str:
    return seal_credentials(KEY, OWNER, NODE, CREDENTIALS)


def test_what_was_sealed_opens_again_and_no_two_envelopes_are_alike() -> None:
    assert open_credentials(KEY, OWNER, NODE, sealed()) == CREDENTIALS
    assert sealed() != sealed()
    assert b"PRIVATE" not in base64.b64decode(sealed())


@pytest.mark.parametrize(
    ("key", "owner", "node"), [(WRONG, OWNER, NODE), (KEY, Owner("p" * 26), NODE), (KEY, OWNER, "03" * 33)]
)
def test_another_key_owner_or_node_does_not_open_it(key: SealingSecret, owner: Owner, node: str) -> None:
    with pytest.raises(EnvelopeRefused):
        open_credentials(key, owner, node, sealed())


def test_the_binding_has_no_two_readings() -> None:
    envelope = KEY.seal(b"x", "ab", "c")
    with pytest.raises(EnvelopeRefused):
        KEY.open(envelope, "a", "bc")


@given(st.integers(0, 100), st.integers(1, 255))
def test_a_changed_byte_is_seen(at: int, change: int) -> None:
    raw = bytearray(base64.b64decode(sealed()))
    raw[at % len(raw)] ^= change
    with pytest.raises(EnvelopeRefused):
        open_credentials(KEY, OWNER, NODE, base64.b64encode(raw).decode())


@pytest.mark.parametrize("text", ["", "*", "AAAA", base64.b64encode(b"\x02" + bytes(40)).decode(), "ä"])
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(EnvelopeRefused):
        KEY.open(text)


def test_nothing_shows_a_secret() -> None:
    assert "PRIVATE" not in repr(CREDENTIALS)
    assert "kkkk" not in repr(KEY)


def test_the_key_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(base64.b64encode(b"k" * 32).decode() + "\n")
    assert open_credentials(read_key(str(file)), OWNER, NODE, sealed()) == CREDENTIALS


@pytest.mark.parametrize("content", [b"", b"hunter2", base64.b64encode(b"k" * 31), base64.b64encode(b"k" * 33)])
def test_a_bad_key_file_is_refused_by_the_settings_name_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(SettingError, match="MESH_CREDENTIALS_KEY_FILE") as refused:
        read_key(str(file))
    assert not content or content.decode() not in str(refused.value)


def test_no_key_is_made_where_none_is(tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "absent")):
        with pytest.raises(SettingError, match="MESH_CREDENTIALS_KEY_FILE"):
            read_key(path)
    assert list(tmp_path.iterdir()) == []
