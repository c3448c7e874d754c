"""Keys and boxes: made once, private, opened only by their owner, and never shown."""

import base64
import logging
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.errors import KeysMissing
from bus.log import redact
from bus.secrets import keys
from bus.secrets.sealed import SealingPair, seal, wipe
from bus.tables.identities import ALL_IDENTITIES

PAIR = SealingPair()


@given(st.binary(max_size=500))
def test_only_its_owner_opens_a_box(plaintext: bytes) -> None:
    box = seal(PAIR.public_key_b64, plaintext)
    assert PAIR.open(box) == bytearray(plaintext)
    assert SealingPair().open(box) is None
    assert len(base64.b64decode(box)) == len(plaintext) + 48  # an ephemeral key and a MAC: the length is all it shows


@given(st.text(max_size=200))
def test_a_hostile_box_is_refused_quietly(box: str) -> None:
    assert PAIR.open(box) is None


def test_one_changed_bit_is_enough() -> None:
    box = bytearray(base64.b64decode(seal(PAIR.public_key_b64, b"seed")))
    for index in range(len(box)):
        damaged = bytearray(box)
        damaged[index] ^= 1
        assert PAIR.open(base64.b64encode(damaged).decode()) is None


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!", "é", base64.b64encode(b"x" * 31).decode()])
def test_sealing_to_what_is_no_key_is_an_error(key: str) -> None:
    with pytest.raises(ValueError, match="not an X25519 public key"):
        seal(key, b"seed")


def test_a_pair_shows_only_its_name() -> None:
    assert repr(PAIR) == f"SealingPair(kid={PAIR.kid})"
    assert not hasattr(PAIR, "__dict__")


def test_wiping_leaves_nothing() -> None:
    plaintext = PAIR.open(seal(PAIR.public_key_b64, b"abandon"))
    assert plaintext is not None
    wipe(plaintext)
    assert plaintext == bytearray(7)


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    first = keys.make_keys(tmp_path / "keys")
    assert keys.make_keys(tmp_path / "keys") == first == keys.read_public(tmp_path / "keys")
    assert set(first) == set(ALL_IDENTITIES)
    assert len(set(first.values())) == len(ALL_IDENTITIES)
    for identity in ALL_IDENTITIES:
        mode = keys.seed_file(tmp_path / "keys", identity).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
        assert keys.read_seed(tmp_path / "keys", identity).startswith("SU")


def test_a_signature_is_checked_against_the_public_key(tmp_path: Path) -> None:
    public = keys.make_keys(tmp_path)
    signature = keys.sign(tmp_path, "node-manager", b"message")
    assert keys.verify(public["node-manager"], b"message", signature)
    assert not keys.verify(public["edge"], b"message", signature)
    assert not keys.verify(public["node-manager"], b"massage", signature)
    assert not keys.verify(public["node-manager"], b"message", b"short")
    assert not keys.verify(("U-not-a-key",), b"message", signature)


def test_keys_that_are_not_there_are_missed_by_name(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match="edge"):
        keys.read_seed(tmp_path, "edge")
    with pytest.raises(KeysMissing, match=r"public\.json"):
        keys.read_public(tmp_path)


@pytest.mark.parametrize(
    "key", ["seed", "nodeSeed", "mnemonic", "rune", "payment_preimage", "privateKey", "credentials", "API_SECRET"]
)
def test_values_under_telling_names_are_taken_out(key: str) -> None:
    assert _redacted({"event": "x", key: "v"}) == {"event": "x", key: "<redacted>"}
    assert _redacted({"event": "x", "data": [{key: "v"}]}) == {"event": "x", "data": [{key: "<redacted>"}]}


def test_ordinary_names_are_left(tmp_path: Path) -> None:
    event = {"event": "pruned", "prune": 1, "seeded": True, "keys": 3, "op": "abc"}
    assert _redacted(event) == event


def test_texts_that_look_like_a_key_are_taken_out(tmp_path: Path) -> None:
    keys.make_keys(tmp_path)
    seed = keys.read_seed(tmp_path, "edge")
    pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----"
    assert _redacted({"event": f"{seed} and {pem} and nsec1{'q' * 58}!"}) == {
        "event": "<redacted> and <redacted> and <redacted>!"
    }


def _redacted(event: dict[str, object]) -> dict[str, object]:
    return dict(redact(logging.getLogger(), "info", event))
