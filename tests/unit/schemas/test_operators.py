"""Keys of operators: what one looks like, what is kept of it, and public keys in either spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import is_token, owner_of
from schemas.operators import hash_of, is_key, key_id_of, new_key, owner_of_key, pubkey_of, public_keys
from services.edge.callers.pace import Pace

NPUB = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"
HEX = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"
"""The pair that NIP-19 itself shows."""


def test_a_key_tells_its_id_and_only_itself_fits_its_hash() -> None:
    made, other = new_key(), new_key()
    kept = hash_of(made.text)
    assert key_id_of(made.text) == made.id
    assert is_token(made.id)
    assert is_key(made.text, kept)
    assert not is_key(other.text, kept)
    assert made.text not in repr(made)
    assert made.text[-43:] not in kept


KEY = f"shop_{'a' * 26}_{'B' * 43}"


@pytest.mark.parametrize("text", ["", "shop_", "shop_a_b", "Shop" + KEY[4:], KEY + "x"])
def test_what_cannot_be_a_key_has_no_id(text: str) -> None:
    assert key_id_of(text) is None


def test_a_key_acts_as_the_owner_of_the_public_key_that_stands_for_it() -> None:
    made = new_key()
    assert owner_of(pubkey_of(made.id)) == owner_of_key(made.id)
    assert owner_of_key(made.id) != made.id


def test_public_keys_are_read_in_hex_and_as_npub() -> None:
    assert public_keys([NPUB, HEX.upper()]) == {HEX}


@given(st.integers(5, len(NPUB) - 1), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l1b"))
def test_an_npub_with_one_wrong_letter_is_refused_and_not_repeated(index: int, letter: str) -> None:
    wrong = NPUB[:index] + letter + NPUB[index + 1 :]
    if wrong == NPUB:
        return
    with pytest.raises(ValueError, match="64 hex") as refused:
        public_keys([wrong])
    assert wrong not in str(refused.value)


def test_who_calls_too_often_waits_until_one_call_has_grown_back() -> None:
    now = [100.0]
    pace, one, other = Pace(60, lambda: now[0]), owner_of("11" * 32), owner_of("22" * 32)
    assert [pace.wait_s(one) for _ in range(60)] == [0.0] * 60
    assert pace.wait_s(one) == pytest.approx(1.0)
    assert pace.wait_s(other) == 0.0
    now[0] += 0.5
    assert pace.wait_s(one) == pytest.approx(0.5)
    now[0] += 0.5
    assert pace.wait_s(one) == 0.0
    now[0] += 3600
    assert [pace.wait_s(one) for _ in range(61)][-2:] == [0.0, pytest.approx(1.0)]
