"""The sandbox's BOLT 11: every invoice it writes is read as it was meant."""

import msgspec
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas.bolt11 import PREFIXES, Bolt11, Terms, decode_bolt11, invoice_digest
from schemas.bolt11_fields import Hop
from services.sandbox.greenlight.money import bolt11

KEY = PrivateKey(b"\x01" * 32)
HASHES = st.binary(min_size=32, max_size=32)


def written(terms: Terms) -> str:
    """Signed by KEY."""
    prefix, words = bolt11.unsigned(terms)
    return bolt11.signed(prefix, words, KEY.sign_recoverable(invoice_digest(prefix, words), hasher=None))


HOPS = st.builds(
    Hop,
    node_id=st.just(KEY.public_key.format()),
    channel=st.integers(0, (1 << 64) - 1),
    base_msat=st.integers(0, (1 << 32) - 1),
    millionths=st.integers(0, (1 << 32) - 1),
    cltv_delta=st.integers(0, (1 << 16) - 1),
)
TERMS = st.builds(
    Terms,
    network=st.sampled_from(sorted(PREFIXES)),
    msat=st.none() | st.integers(1, 10**13),
    payment_hash=HASHES,
    secret=HASHES,
    description=st.text(max_size=60),
    created_at=st.integers(0, (1 << 35) - 1),
    expiry_s=st.integers(0, 1 << 30),
    cltv_delta=st.integers(0, 1000),
    hint=st.lists(HOPS, max_size=3).map(tuple),
)


@given(TERMS, st.none() | HASHES)
def test_what_is_written_is_read(terms: Terms, description_hash: bytes | None) -> None:
    if description_hash is not None:
        terms = msgspec.structs.replace(terms, description=None, description_hash=description_hash)
    read = decode_bolt11(written(terms))
    assert isinstance(read, Bolt11), read
    assert read.payee == KEY.public_key.format()
    for name in Terms.__struct_fields__:
        assert getattr(read, name) == getattr(terms, name)
