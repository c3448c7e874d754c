"""Runes: what is allowed, what is refused to be parsed, and that nobody can widen one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.greenlight import rune as runes

SECRET = bytes(range(32))
DEVICE = b"\x04" + bytes(64)
CALL = {"method": "offer", "pubkey": DEVICE.hex(), "time": "1000"}


@pytest.mark.parametrize(
    ("restriction", "holds"),
    [
        ("method=offer", True),
        ("method=pay", False),
        ("method/pay", True),
        ("method/offer", False),
        ("method^off", True),
        ("method^list", False),
        ("method$fer", True),
        ("method$off", False),
        ("method~ffe", True),
        ("method~xyz", False),
        ("method=pay|method=offer", True),
        ("method=pay|method=invoice", False),
        ("time<1001", True),
        ("time<1000", False),
        ("time>999", True),
        ("time>1000", False),
        ("time<soon", False),
        ("method<5", False),
        ("method{offes", True),
        ("method}offes", False),
        ("rate!", True),
        ("method!", False),
        ("rate=", True),
        ("rate=5", False),
        ("#a remark", True),
        ("method=off\\er", True),
        ("=other-id", False),
    ],
)
def test_conditions(restriction: str, holds: bool) -> None:
    rune = runes.mint(SECRET, DEVICE, [restriction])
    verdict = runes.evaluate(rune, CALL)
    assert verdict == (runes.Allowed() if holds else runes.Denied(restriction))


def test_every_restriction_must_hold() -> None:
    rune = runes.mint(SECRET, DEVICE, ["method=offer", "time<1001"])
    assert runes.evaluate(rune, CALL) == runes.Allowed()
    assert runes.evaluate(rune, CALL | {"time": "1001"}) == runes.Denied("time<1001")
    assert runes.evaluate(rune, CALL | {"pubkey": "04"}) == runes.Denied(f"pubkey={DEVICE.hex()}")


@pytest.mark.parametrize("value", ["a|b", "a&b", "a\\b", "|&\\", "\\|"])
def test_escaped_values_mean_themselves(value: str) -> None:
    rune = runes.decode(runes.mint(SECRET, DEVICE, [f"method={runes.escape(value)}"]).text)
    assert runes.evaluate(rune, CALL | {"method": value}) == runes.Allowed()
    assert len(rune.restrictions) == 3


def test_the_methods_a_rune_is_limited_to() -> None:
    full = runes.mint(SECRET, DEVICE)
    assert runes.allowed_methods(full) is None
    narrow = full.restrict(runes.method_restriction(["Getinfo", "Offer"]))
    assert runes.allowed_methods(narrow) == frozenset({"getinfo", "offer"})
    assert runes.allowed_methods(narrow.restrict("method=offer|method=pay")) == frozenset({"offer"})
    assert runes.allowed_methods(full.restrict("method=offer|time<5")) is None
    assert runes.device_of(narrow) == DEVICE.hex()
    assert runes.device_of(runes.Rune(bytes(32), ("=0-gl0", f"pubkey={DEVICE.hex()}|pubkey=04"))) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        "not base64!",
        "é",
        base64.urlsafe_b64encode(bytes(32)).decode(),
        base64.urlsafe_b64encode(bytes(32) + b"\xff=x").decode(),
        base64.urlsafe_b64encode(bytes(32) + b"no condition").decode(),
        base64.urlsafe_b64encode(bytes(32) + b"=0-gl0&").decode(),
        base64.urlsafe_b64encode(bytes(32) + b"=0-gl0").decode().rstrip("="),
        "A" * 20_000,
    ],
)
def test_what_is_not_a_rune_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(runes.RuneError) as caught:
        runes.decode(text)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("restriction", ["", "nothing", "a=b&c=d"])
def test_only_single_restrictions_are_added(restriction: str) -> None:
    with pytest.raises(runes.RuneError):
        runes.mint(SECRET, DEVICE).restrict(restriction)


def test_the_authcode_is_never_shown() -> None:
    rune = runes.mint(SECRET, DEVICE)
    assert rune.authcode.hex() not in repr(rune)
    assert repr(rune.authcode) not in repr(rune)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=90), max_size=4))
def test_any_chain_of_restrictions_is_authentic_and_survives_travel(values: list[str]) -> None:
    rune = runes.mint(SECRET, DEVICE)
    for value in values:
        rune = rune.restrict(f"method={runes.escape(value)}")
    assert rune.is_authentic(SECRET)
    assert runes.decode(rune.text) == rune
    assert all(not runes.Rune(rune.authcode, rune.restrictions[:n]).is_authentic(SECRET) for n in range(1, len(values)))


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_decoding_raises_nothing_else(text: str) -> None:
    try:
        rune = runes.decode(text)
    except runes.RuneError:
        return
    assert not rune.is_authentic(SECRET)
    runes.evaluate(rune, CALL)
