"""A holder answers one challenge for one device, with a rune that is narrow already, and gives away no more."""

import pytest

from schemas.greenlight import rune as runes
from schemas.greenlight.challenge import verify_challenge
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.keys import NodeKeys
from schemas.sealed import SeedQuestion
from services.node_manager.methods import METHOD_NAMES
from services.node_manager.runes import Narrow, Narrowed, Unusable, narrow, narrowed_rune
from services.node_manager.seeds.answers import answer

SECRET = bytearray(range(32))
DEVICE = DeviceKey.generate().public_key
KEYS = NodeKeys.from_secret(SECRET, "regtest")
FULL_RUNE = runes.mint(KEYS.rune_secret.expose(), DEVICE)


def question(**changes: str) -> SeedQuestion:
    fields = {"network": "regtest", "scope": "register", "challenge": "01" * 32, "device_pubkey": DEVICE.hex()}
    return SeedQuestion(**{**fields, **changes})  # type: ignore[arg-type]  # changed on purpose


def test_the_signature_is_the_official_one() -> None:
    said = answer(SECRET, question())
    assert said is not None
    assert said.signature.startswith("6f122dcec5369c5a825568")
    assert verify_challenge(KEYS.node_id, b"\x01" * 32, bytes.fromhex(said.signature))
    assert said.node_id == KEYS.node_id.hex()
    assert len(said.startup) == 6
    assert said.signature not in repr(said)
    assert said.rune not in repr(said)


def test_the_rune_leaves_narrowed_to_the_table_and_to_the_device() -> None:
    said = answer(SECRET, question())
    assert said is not None
    rune = runes.decode(said.rune)
    assert runes.allowed_methods(rune) == frozenset(METHOD_NAMES)
    assert runes.device_of(rune) == DEVICE.hex()
    assert rune.is_authentic(KEYS.rune_secret.expose())
    denied = runes.evaluate(rune, {"method": "withdraw", "pubkey": DEVICE.hex()})
    assert isinstance(denied, runes.Denied)


def test_a_recovery_gives_no_startup_secrets_away() -> None:
    said = answer(SECRET, question(scope="recover"))
    assert said is not None
    assert said.startup == ()
    assert said.init_msg == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"challenge": "01" * 31},
        {"challenge": "01" * 64},
        {"challenge": "zz"},
        {"challenge": ""},
        {"device_pubkey": "04" + "ab" * 63},
        {"device_pubkey": "02" + "ab" * 64},
        {"device_pubkey": "x"},
    ],
)
def test_nothing_but_a_challenge_for_a_device_is_signed(changes: dict[str, str]) -> None:
    assert answer(SECRET, question(**changes)) is None


def test_a_narrow_rune_is_recognised() -> None:
    assert narrow(narrowed_rune(KEYS, DEVICE), DEVICE) == Narrow()


def test_a_wide_rune_is_narrowed() -> None:
    for wide in (FULL_RUNE, FULL_RUNE.restrict("|".join(f"method={name}" for name in (*METHOD_NAMES, "withdraw")))):
        judged = narrow(wide.text, DEVICE)
        assert isinstance(judged, Narrowed)
        assert narrow(judged.text, DEVICE) == Narrow()
        assert judged.text not in repr(judged)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a rune",
        FULL_RUNE.restrict("method=getinfo").text,
        runes.mint(KEYS.rune_secret.expose(), DeviceKey.generate().public_key).text,
    ],
)
def test_a_rune_that_is_unreadable_foreign_or_too_narrow_is_unusable(text: str) -> None:
    assert isinstance(narrow(text, DEVICE), Unusable)
