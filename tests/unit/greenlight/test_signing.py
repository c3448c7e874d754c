"""What a node asks its signer, and what a device's signer makes of it."""

import contextlib
import hashlib

import pytest
from coincurve import PrivateKey, PublicKey, PublicKeyXOnly
from hypothesis import given
from hypothesis import strategies as st

from schemas.bolt11 import invoice_digest
from schemas.bolt12 import signature_digest
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.signing import (
    ALIAS_BASE,
    Ask,
    Bolt12Signing,
    alias_id,
    alias_secret,
    invoice_to_sign,
    read_invoice_to_sign,
    to_approve,
    to_derive,
    to_exchange,
)
from services.mesh.device.hsm import RefusedToSign, answer

NAMES = st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=30)


@pytest.fixture
def keys() -> NodeKeys:
    """Of the secret of the vectors."""
    return NodeKeys.from_secret(bytes(range(32)), "regtest")


@given(NAMES, NAMES, st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.binary(max_size=40))
def test_a_request_to_sign_is_read_as_it_was_written(
    message: str, field: str, root: bytes, info: bytes, tweak: bytes
) -> None:
    wanted = Bolt12Signing(message, field, root, info if tweak else b"", tweak)
    assert Bolt12Signing.read(wanted.written()) == wanted


@given(st.text("lnbcrt0123456789mun", max_size=20), st.lists(st.integers(0, 31), max_size=60).map(bytes))
def test_an_invoice_to_sign_is_read_as_it_was_written(prefix: str, words: bytes) -> None:
    assert read_invoice_to_sign(invoice_to_sign(prefix, words)) == (prefix, words)


@given(st.binary(max_size=80))
def test_a_signer_answers_or_refuses_and_never_fails(junk: bytes) -> None:
    keys = NodeKeys.from_secret(bytes(range(32)), "regtest")
    for kind in (*Ask, 23, 2008):
        with contextlib.suppress(RefusedToSign):
            assert answer(keys, kind.to_bytes(2, "big") + junk)


def test_a_key_exchange_equals_the_official_one(keys: NodeKeys) -> None:
    said = answer(keys, to_exchange(PrivateKey(b"\x07" * 32).public_key.format()))
    assert said.hex() == "0064" + "d1e6fd84d8054b74eb9394f9a2799ac4879dd3b6bbfa5503bc6ba7473ac9244a"


def test_an_invoice_is_signed_by_the_nodes_key(keys: NodeKeys) -> None:
    said = answer(keys, invoice_to_sign("lnbcrt", bytes(range(30))))
    assert said[:2] == Ask.SIGN_INVOICE.reply == (108).to_bytes(2, "big")
    digest = invoice_digest("lnbcrt", bytes(range(30)))
    assert PublicKey.from_signature_and_message(said[2:], digest, hasher=None).format() == keys.node_id


def test_a_bolt12_message_is_signed_by_the_nodes_key_or_its_alias(keys: NodeKeys) -> None:
    root = hashlib.sha256(b"root").digest()
    plain = answer(keys, Bolt12Signing("invoice", "signature", root).written())
    digest = signature_digest("invoice", "signature", root)
    assert plain[:2] == (125).to_bytes(2, "big")
    assert PublicKeyXOnly(keys.node_id[1:]).verify(plain[2:], digest)
    base = answer(keys, to_derive(ALIAS_BASE)).removeprefix(Ask.DERIVE_SECRET.reply)
    hidden = answer(keys, Bolt12Signing("invoice", "signature", root, ALIAS_BASE.encode(), b"once").written())
    alias = alias_id(keys.node_id, base, b"once")
    assert hidden[:2] == (141).to_bytes(2, "big")
    assert PublicKeyXOnly(alias[1:]).verify(hidden[2:], digest)
    assert PrivateKey(alias_secret(keys.node_key.expose(), base, b"once")).public_key.format() == alias
    assert alias != alias_id(keys.node_id, base, b"twice")


def test_only_secrets_that_were_handed_over_anyway_are_derived(keys: NodeKeys) -> None:
    with pytest.raises(RefusedToSign):
        answer(keys, to_derive("nodeid"))


def test_a_payment_is_approved(keys: NodeKeys) -> None:
    assert answer(keys, to_approve("lni1")).hex() == "008a01"
