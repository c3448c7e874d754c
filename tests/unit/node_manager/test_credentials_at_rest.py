"""Credentials at rest open with a right key for the right node and owner, and in no other way."""

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.ids import Owner
from schemas.settings import SettingError, Settings
from services.node_manager.keep.credentials import Credentials, open_credentials, seal_credentials
from services.node_manager.keep.envelope import EnvelopeRefused, KeyUnavailable, Sealer
from services.node_manager.keep.key_ring import KeyRing, kid_of
from services.node_manager.keep.kms import KmsCommand
from services.node_manager.keep.sealing import sealer_of
from tests.kms import a_kms

KEY, OTHER = b"k" * 32, b"w" * 32
OWNER, NODE = Owner("o" * 26), "02" * 33
CREDENTIALS = Credentials(certificate="CERT", key="PRIVATE", rune="RUNE", how="registered")


def ring(folder: Path, *keys: bytes) -> Path:
    """A key file with these keys, the first of which seals; replaced whole, as the command does."""
    file, draft = folder / "keys", folder / "keys.new"
    draft.write_bytes(b"\n".join(base64.b64encode(key) for key in keys) + b"\n")
    draft.replace(file)
    return file


def sealer(folder: Path, *keys: bytes) -> Sealer:
    return Sealer(KeyRing(str(ring(folder, *keys))))


@pytest.fixture
def right(tmp_path: Path) -> Sealer:
    return sealer(tmp_path, KEY)


async def test_what_was_sealed_opens_again_and_no_two_envelopes_are_alike(right: Sealer) -> None:
    one, other = [await seal_credentials(right, OWNER, NODE, CREDENTIALS) for _ in range(2)]
    assert await open_credentials(right, OWNER, NODE, one) == CREDENTIALS
    assert one != other
    assert b"PRIVATE" not in base64.b64decode(one)
    assert await right.is_current(one)


@pytest.mark.parametrize(
    ("key", "owner", "node"), [(OTHER, OWNER, NODE), (KEY, Owner("p" * 26), NODE), (KEY, OWNER, "03" * 33)]
)
async def test_another_key_owner_or_node_does_not_open_it(
    right: Sealer, tmp_path: Path, key: bytes, owner: Owner, node: str
) -> None:
    envelope = await seal_credentials(right, OWNER, NODE, CREDENTIALS)
    with pytest.raises(EnvelopeRefused):
        await open_credentials(sealer(tmp_path, key), owner, node, envelope)


async def test_the_binding_has_no_two_readings(right: Sealer) -> None:
    envelope = await right.seal(b"x", "ab", "c")
    with pytest.raises(EnvelopeRefused):
        await right.open(envelope, "a", "bc")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.integers(1, 255))
async def test_a_changed_byte_is_seen(right: Sealer, at: int, change: int) -> None:
    raw = bytearray(base64.b64decode(await seal_credentials(right, OWNER, NODE, CREDENTIALS)))
    raw[at % len(raw)] ^= change
    with pytest.raises(EnvelopeRefused):
        await open_credentials(right, OWNER, NODE, base64.b64encode(raw).decode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=120) | st.binary(max_size=120).map(lambda rest: b"\x02" + rest))
async def test_any_bytes_are_refused_and_nothing_else_is_raised(right: Sealer, raw: bytes) -> None:
    with pytest.raises(EnvelopeRefused):
        await right.open(base64.b64encode(raw).decode())


@pytest.mark.parametrize("text", ["", "*", "AAAA", base64.b64encode(b"\x03" + bytes(40)).decode(), "ä"])
async def test_what_is_no_envelope_is_refused(right: Sealer, text: str) -> None:
    with pytest.raises(EnvelopeRefused):
        await right.open(text)


async def test_an_envelope_of_the_first_version_opens_and_is_not_current(right: Sealer, tmp_path: Path) -> None:
    nonce = os.urandom(12)
    bound = b"\x00".join((b"shopstr/envelope/v1", b"credentials"))
    first = base64.b64encode(b"\x01" + nonce + AESGCM(KEY).encrypt(nonce, b"old", bound)).decode()
    assert await right.open(first, "credentials") == b"old"
    assert not await right.is_current(first)
    assert await sealer(tmp_path, OTHER, KEY).open(first, "credentials") == b"old"
    with pytest.raises(EnvelopeRefused):
        await sealer(tmp_path, OTHER).open(first, "credentials")


async def test_a_key_is_replaced_under_a_running_process(tmp_path: Path) -> None:
    running = sealer(tmp_path, KEY)
    before = await running.seal(b"x")
    ring(tmp_path, OTHER, KEY)
    assert await running.open(before) == b"x"
    after = await running.seal(b"x")
    assert not await running.is_current(before)
    assert await running.is_current(after)
    assert await sealer(tmp_path, OTHER).open(after) == b"x"
    late = Sealer(KeyRing(str(ring(tmp_path, KEY))))
    ring(tmp_path, OTHER, KEY)
    assert await late.open(after) == b"x", "it has looked at the file again"


async def test_a_key_file_that_is_gone_or_broken_later_is_waited_for(tmp_path: Path) -> None:
    running = sealer(tmp_path, KEY)
    before = await running.seal(b"x")
    (tmp_path / "keys").write_text("hunter2")
    with pytest.raises(KeyUnavailable) as told:
        await running.seal(b"x")
    assert "hunter2" not in str(told.value)
    (tmp_path / "keys").unlink()
    with pytest.raises(KeyUnavailable):
        await running.seal(b"x")
    assert await running.open(before) == b"x"


def test_nothing_shows_a_secret(right: Sealer, tmp_path: Path) -> None:
    assert "PRIVATE" not in repr(CREDENTIALS)
    assert "kkkk" not in repr(right) + repr(KeyRing(str(ring(tmp_path, KEY)))) + kid_of(KEY)
    assert kid_of(KEY) not in (KEY.hex()[:16], KEY.hex()[-16:])


@pytest.mark.parametrize(
    "content",
    [b"", b"hunter2", base64.b64encode(b"k" * 31), base64.b64encode(b"k" * 33), b"%s hunter2" % base64.b64encode(KEY)],
)
def test_a_bad_key_file_is_refused_by_the_settings_name_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(SettingError, match="MESH_CREDENTIALS_KEY_FILE") as refused:
        KeyRing(str(file))
    assert "hunter2" not in str(refused.value)


def test_no_key_is_made_where_none_is(tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "absent")):
        with pytest.raises(SettingError, match="MESH_CREDENTIALS_KEY_FILE"):
            sealer_of(Settings(credentials_key_file=path))
    assert list(tmp_path.iterdir()) == []


# --- the KMS hook: a command that keeps its keys in a folder of its own


def kms(folder: Path, key: str = "keys/one") -> KmsCommand:
    return KmsCommand(a_kms(folder), key)


async def test_a_kms_wraps_and_unwraps_and_is_asked_once_for_what_is_known(tmp_path: Path) -> None:
    one = Sealer(kms(tmp_path))
    envelope = await one.seal(b"x", "b")
    assert await one.open(envelope, "b") == b"x"
    other = Sealer(kms(tmp_path, "keys/two"))
    for _ in range(3):
        assert await other.open(envelope, "b") == b"x", "the envelope says by which key"
    assert (tmp_path / "asked").read_text().splitlines() == ["wrap keys/one", "unwrap keys/one"]
    assert await one.is_current(envelope)
    assert not await other.is_current(envelope)


async def test_a_kms_that_is_away_is_no_wrong_key_and_its_words_go_nowhere(tmp_path: Path) -> None:
    keeper = kms(tmp_path)
    envelope = await Sealer(keeper).seal(b"x")
    (tmp_path / "away").touch()
    assert await Sealer(keeper).open(envelope) == b"x", "remembered"
    with pytest.raises(KeyUnavailable) as told:
        await Sealer(kms(tmp_path)).open(envelope)
    assert "hunter2" not in str(told.value)
    with pytest.raises(KeyUnavailable):
        await Sealer(KmsCommand("/nowhere/kms", "k")).seal(b"x")


async def test_what_a_file_sealed_opens_beside_a_kms(tmp_path: Path) -> None:
    file = Sealer(KeyRing(str(ring(tmp_path, KEY))))
    both = Sealer(kms(tmp_path), KeyRing(str(ring(tmp_path, KEY))))
    before = await file.seal(b"x")
    assert await both.open(before) == b"x"
    assert not await both.is_current(before)
    with pytest.raises(EnvelopeRefused):
        await file.open(await both.seal(b"x"))


@pytest.mark.parametrize(("command", "key"), [("", "k"), ("kms", "")])
def test_half_a_kms_is_refused(command: str, key: str) -> None:
    with pytest.raises(SettingError, match="MESH_CREDENTIALS_KMS_KEY"):
        KmsCommand(command, key)
