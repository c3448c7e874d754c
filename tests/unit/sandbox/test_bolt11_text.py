"""The sandbox's BOLT 11: an official example, and every invoice it writes is read as it was meant."""

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas.greenlight.signing import invoice_digest
from services.sandbox.greenlight.money import bolt11

COFFEE = (
    "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5"
    "rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfege"
    "xt0eh0ymjpf39tuven09sam30g4vgpfna3rh"
)
"""BOLT 11's example: "send $3 for a cup of coffee to the same peer, within one minute"."""
KEY = PrivateKey(b"\x01" * 32)
HASHES = st.binary(min_size=32, max_size=32)


def written(terms: bolt11.Terms) -> str:
    """Signed by KEY."""
    prefix, words = bolt11.unsigned(terms)
    return bolt11.signed(prefix, words, KEY.sign_recoverable(invoice_digest(prefix, words), hasher=None))


def test_the_official_example_is_read() -> None:
    read = bolt11.read(COFFEE)
    assert (read.network, read.msat, read.description, read.expiry_s) == ("bitcoin", 250_000_000, "1 cup coffee", 60)
    assert read.payee.hex() == "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"
    assert (read.secret, read.created_at) == (b"\x11" * 32, 1496314658)
    assert bolt11.read(COFFEE.upper()) == read


TERMS = st.builds(
    bolt11.Terms,
    network=st.sampled_from(sorted(bolt11.PREFIXES)),
    msat=st.none() | st.integers(1, 10**13),
    payment_hash=HASHES,
    secret=HASHES,
    description=st.text(max_size=60),
    created_at=st.integers(0, (1 << 35) - 1),
    expiry_s=st.integers(0, 1 << 30),
    cltv_delta=st.integers(0, 1000),
    hint=st.none()
    | st.builds(
        bolt11.Hint,
        node_id=st.just(KEY.public_key.format()),
        channel=st.integers(0, (1 << 64) - 1),
        base_msat=st.integers(0, (1 << 32) - 1),
        millionths=st.integers(0, (1 << 32) - 1),
    ),
)


@given(TERMS)
def test_what_is_written_is_read(terms: bolt11.Terms) -> None:
    read = bolt11.read(written(terms))
    assert read.payee == KEY.public_key.format()
    for name in bolt11.Terms.__struct_fields__:
        assert getattr(read, name) == getattr(terms, name)


@given(st.integers(0, len(COFFEE) - 1), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l1 "))
def test_one_wrong_letter_is_noticed(at: int, letter: str) -> None:
    changed = COFFEE[:at] + letter + COFFEE[at + 1 :]
    if changed == COFFEE:
        return
    with pytest.raises(bolt11.Unreadable):
        bolt11.read(changed)


@given(st.text("lnbcrt1qpzry9x8gf2tvdw0s3jn54khce6mua7l ", max_size=300))
def test_junk_is_unreadable_and_nothing_else(text: str) -> None:
    with pytest.raises(bolt11.Unreadable):
        bolt11.read(text)
