"""The seed's door, without a bus: what a box must be to be opened, and that nothing else ever raises or leaks."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.secrets.sealed import SealingPair, seal
from schemas.base import encode
from schemas.ids import op_of, owner_of
from schemas.sealed import SeedDelivery, SeedEnvelope, SeedRefused
from services.node_manager.seeds.admission import BOX_MAX, Admitted, admit
from services.node_manager.seeds.binding import FRESH_S

ABOUT = "abandon " * 11 + "about"
ABOUT_NODE = "03653e90c1ce4660fd8505dd6d643356e93cfe202af109d382787639dd5890e87d"
ABOUT_SECRET = "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1"
PUBKEY, OTHER = "11" * 32, "22" * 32
NOW = 1_800_000_000
PAIR = SealingPair()


def envelope(**changes: Any) -> SeedEnvelope:
    fields = {"mnemonic": ABOUT, "owner_pubkey": PUBKEY, "idempotency_key": "key-1", "sealed_at": NOW, **changes}
    return SeedEnvelope(**fields)


def delivery(inside: SeedEnvelope | bytes, **changes: Any) -> bytes:
    plain = inside if isinstance(inside, bytes) else msgspec.json.encode(inside)
    owner = owner_of(PUBKEY)
    fields = {
        "op": op_of(owner, "key-1"),
        "owner": owner,
        "owner_pubkey": PUBKEY,
        "idempotency_key": "key-1",
        "kid": PAIR.kid,
        "box": seal(PAIR.public_key_b64, plain),
        **changes,
    }
    return encode(SeedDelivery(**fields))


def refusal(data: bytes, now: float = NOW) -> str:
    answer = admit(data, PAIR, "regtest", now)
    assert isinstance(answer, SeedRefused)
    assert "abandon" not in answer.detail
    return answer.code


def test_a_good_box_gives_the_official_secret_and_node_id() -> None:
    answer = admit(delivery(envelope()), PAIR, "regtest", NOW)
    assert isinstance(answer, Admitted)
    assert (answer.node_id, answer.secret.hex()) == (ABOUT_NODE, ABOUT_SECRET)
    assert answer.op == op_of(owner_of(PUBKEY), "key-1")
    assert ABOUT_SECRET[:8] not in repr(answer)
    assert "bytearray" not in repr(answer)


@pytest.mark.parametrize(
    "mnemonic",
    [
        "abandon " * 11 + "abandon",
        "abandon " * 10 + "about",
        "abandon " * 11 + "abouts",
        "",
        "ſatoshi " * 12,
        "abandon " * 5000,
        "\ud7ff\x00" * 12,
    ],
)
def test_a_mnemonic_with_bad_words_length_or_checksum_is_refused(mnemonic: str) -> None:
    box_is_long = len(mnemonic) > BOX_MAX // 2
    assert refusal(delivery(envelope(mnemonic=mnemonic))) == (
        "sealed-box-invalid" if box_is_long else "mnemonic-invalid"
    )


@pytest.mark.parametrize(
    "inside",
    [
        envelope(owner_pubkey=OTHER),
        envelope(idempotency_key="key-2"),
        envelope(sealed_at=NOW - FRESH_S - 1),
        envelope(sealed_at=NOW + FRESH_S + 1),
        b"not json",
        b"{}",
        b'{"mnemonic":1}',
        b"\xff\xfe",
        b"[" * 3000,
        msgspec.json.encode({**msgspec.to_builtins(envelope()), "extra": 1}),
    ],
)
def test_a_box_bound_to_something_else_or_unreadable_is_refused(inside: SeedEnvelope | bytes) -> None:
    assert refusal(delivery(inside)) == "sealed-box-invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"op": "a" * 26},
        {"op": "x.y.>"},
        {"owner": owner_of(OTHER)},
        {"owner_pubkey": OTHER},
        {"owner_pubkey": "zz" * 32},
        {"owner_pubkey": ""},
        {"idempotency_key": "key-2"},
        {"idempotency_key": "k" * 300},
        {"box": "AAAA"},
        {"box": "*"},
        {"box": seal(SealingPair().public_key_b64, b"x")},
        {"box": "A" * (BOX_MAX + 4)},
    ],
)
def test_a_delivery_that_does_not_agree_with_itself_is_refused(changes: dict[str, str]) -> None:
    assert refusal(delivery(envelope(), **changes)) == "sealed-box-invalid"


def test_a_box_for_another_key_is_told_so() -> None:
    assert refusal(delivery(envelope(), kid="0" * 16)) == "sealing-key-unknown"


def test_a_box_is_good_at_the_edge_of_its_ten_minutes() -> None:
    for when in (NOW - FRESH_S, NOW + FRESH_S):
        assert isinstance(admit(delivery(envelope(sealed_at=when)), PAIR, "regtest", NOW), Admitted)


@given(st.binary(max_size=400))
def test_no_bytes_whatsoever_raise(data: bytes) -> None:
    assert isinstance(admit(data, PAIR, "regtest", NOW), SeedRefused)


@given(st.binary(max_size=400))
def test_no_content_of_a_box_raises(inside: bytes) -> None:
    assert isinstance(admit(delivery(inside), PAIR, "regtest", NOW), SeedRefused)


def test_a_changed_byte_in_the_box_is_seen() -> None:
    raw = bytearray(base64.b64decode(msgspec.json.decode(delivery(envelope()))["box"]))
    raw[-1] ^= 1
    assert refusal(delivery(envelope(), box=base64.b64encode(raw).decode())) == "sealed-box-invalid"
