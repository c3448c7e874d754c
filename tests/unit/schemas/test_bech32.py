"""Bech32: BIP 173's own examples, and that what is written is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import bech32


@pytest.mark.parametrize(
    "text",
    [
        "A12UEL5L",
        "a12uel5l",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        "?1ezyfcl",
    ],
)
def test_what_bip_173_calls_valid_holds(text: str) -> None:
    parts = bech32.split(text.lower())
    assert parts
    assert bech32.holds(*parts)


@pytest.mark.parametrize("text", ["pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "10a06t8", "1qzzfhee", "", "1"])
def test_what_has_no_prefix_or_a_foreign_letter_is_nothing(text: str) -> None:
    assert bech32.split(text) is None


@pytest.mark.parametrize(
    "text", ["li1dgmt3", "a1g7sgd8", "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3x"]
)
def test_another_checksum_does_not_hold(text: str) -> None:
    parts = bech32.split(text)
    assert parts
    assert not bech32.holds(*parts)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20), st.binary(max_size=200))
def test_what_is_written_is_read(prefix: str, data: bytes) -> None:
    words = bech32.words_for(data)
    parts = bech32.split(bech32.joined(prefix, words))
    assert parts
    assert bech32.holds(*parts)
    assert (parts[0], parts[1][: -bech32.CHECKSUM_WORDS]) == (prefix, words)
    assert bech32.bytes_in(words) == data
    assert bech32.number_in(bech32.words_of(int.from_bytes(data, "big"))) == int.from_bytes(data, "big")
