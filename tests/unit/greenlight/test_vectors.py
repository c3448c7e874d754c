"""What the official signer derives from a known secret, reproduced byte for byte (secret = 00 01 … 1f)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.greenlight import rune as runes
from schemas.greenlight import sha256
from schemas.greenlight.challenge import sign_challenge, verify_challenge
from schemas.greenlight.keys import STARTUP_NAMES, NodeKeys, secret_from_mnemonic
from schemas.greenlight.startup import INIT_MSG_BYTES, init_msg, init_msg_node_id, startup_messages

NODE_ID = "02b2f83174660be98aca0f6ae36ed2c8eb33af0e3783a31b6f6b6816fa074054c7"
XPUB = (
    "043587cf02ee6dcfc40000000005a2ad46f6dc302a7e05e9988c02f0e507461959c933195024571c0098e64bc3"
    "0275424fd3d5562fadd59e46e398c8ec7eee45bc4cfad29a9de1dfe6357d238907"
)
BOLT12 = "026ebeae47a0edcb8826e5afcdf538a204b9ad559c2db586cb7c08a7260f3a655d"
STARTUP = {
    "bolt12-invoice-base": "2f9716b68d2f17910f6c0ee58aa267c9da1399dabd5980c30fac1610a901f876",
    "scb secret": "cc60eb17c64cbc709d0435ed6378533dced19cc4f6f4ecaf7579a15e6ae97296",
    "commando": "125b6c3442f8a495734adaeba38b26d6a66fdf4ab95c4d039756b76ddb933095",
    "node-alias-base": "cd0ff2344c47243e22ca68f6ebb9dd76ae865003d5837a350b56cfab4c09f8a0",
    "offer-blinded-path": "80485789a802a2a1ea49426da23475b08e4ca707ff75a9b1fd06338df2236eba",
}
RUNE = "FMF559ImB-C-0Sqcu1JF7Y1Ez7VDcjcnruyMtoT-Bak9MC1nbDAmcHVia2V5PTA0" + "YWJhYmFiYWJhYmFi" * 10 + "YWJhYmFiYWI="
PUBKEY = b"\x04" + b"\xab" * 64
ABANDON = "abandon " * 11 + "about"


@pytest.fixture
def keys() -> NodeKeys:
    return NodeKeys.from_secret(bytes(range(32)), "regtest")


def test_keys(keys: NodeKeys) -> None:
    assert keys.node_key.expose().hex() == "e88c04250e7773b50649d52f81cd2ea09e2170a83b782ef96e3aba9c4638dd86"
    assert keys.node_id.hex() == NODE_ID
    assert keys.bip32_key.hex() == XPUB
    assert keys.bolt12_pubkey.hex() == BOLT12
    assert keys.rune_secret.expose().hex() == "a54ac8d9c777b80359f6d33b58c3d030246866175c01f31c26660bc080d81a66"
    assert {name: secret.expose().hex() for name, secret in keys.startup_secrets} == STARTUP


def test_the_network_changes_the_extended_keys_version_only() -> None:
    bitcoin = NodeKeys.from_secret(bytes(range(32)), "bitcoin")
    assert bitcoin.node_id.hex() == NODE_ID
    assert bitcoin.bip32_key.hex() == "0488b21e" + XPUB[8:]


def test_init_and_startup_messages(keys: NodeKeys) -> None:
    message = init_msg(keys)
    capabilities = "0000001c0000008e0000009300000095000000200000002200000028"
    assert message.hex() == "0072" + "00000006" + "0007" + capabilities + NODE_ID + XPUB + BOLT12
    assert len(message) == INIT_MSG_BYTES
    pairs = startup_messages(keys)
    assert pairs[0] == (bytes.fromhex("000b" + "00" * 45 + "00000004" + "00000006"), message)
    assert len(pairs[0][0]) == 55
    for (request, response), name in zip(pairs[1:], STARTUP_NAMES, strict=True):
        assert request == bytes.fromhex("001b") + len(name).to_bytes(2, "big") + name.encode()
        assert response.hex() == "007f" + STARTUP[name]


def test_the_node_id_is_found_in_an_init_message(keys: NodeKeys) -> None:
    message = init_msg(keys)
    assert init_msg_node_id(message) == keys.node_id
    for wrong in (b"", message[:-1], message + b"\x00", b"\x00\x71" + message[2:]):
        assert init_msg_node_id(wrong) is None


def test_challenge_signature(keys: NodeKeys) -> None:
    expected = (
        "6f122dcec5369c5a82556819dbc503cc0fec4218c7c4127b31a1e31466dc9b7b"
        "48908c5dc0df5f083b2650415c3aad09ab39786d24557633f208a046c924ec58"
    )
    signature = sign_challenge(keys, b"\x01" * 32)
    assert signature.hex() == expected
    assert verify_challenge(keys.node_id, b"\x01" * 32, signature)
    assert not verify_challenge(keys.node_id, b"\x02" * 32, signature)
    assert not verify_challenge(keys.bolt12_pubkey, b"\x01" * 32, signature)
    assert not verify_challenge(b"\x05" * 33, b"\x01" * 32, signature)
    high_s = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - int.from_bytes(signature[32:], "big")
    assert not verify_challenge(keys.node_id, b"\x01" * 32, signature[:32] + high_s.to_bytes(32, "big"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_nothing_but_a_challenge_is_signed(keys: NodeKeys, length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sign_challenge(keys, bytes(length))


def test_rune_vectors(keys: NodeKeys) -> None:
    secret = keys.rune_secret.expose()
    rune = runes.mint(secret, PUBKEY)
    assert rune.text == RUNE
    assert runes.decode(RUNE) == rune
    listed = rune.restrict("method^list|method^get|method=pay")
    assert listed.authcode.hex() == "218058b517218468b9171dcbc0deadb6570b1e36ea166749dc65a815bf667837"
    timed = rune.restrict("method=offer", "time<2000000000")
    assert timed.authcode.hex() == "6948595075064f746b4221f11456739c9cc2cf981ee758c7e8a81a7c9f26cf5d"
    assert runes.mint(secret, PUBKEY, ["method=offer", "time<2000000000"]) == timed
    assert rune.restrict("method=offer").restrict("time<2000000000") == timed
    assert timed.is_authentic(secret)
    assert not timed.is_authentic(bytes(32))
    assert not runes.Rune(timed.authcode, timed.restrictions[:-1]).is_authentic(secret)


def test_mnemonic() -> None:
    secret = secret_from_mnemonic(ABANDON)
    assert secret.hex() == "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1"
    node_id = NodeKeys.from_secret(secret, "bitcoin").node_id.hex()
    assert node_id == "03653e90c1ce4660fd8505dd6d643356e93cfe202af109d382787639dd5890e87d"


@pytest.mark.parametrize("words", ["abandon " * 12, "", "abandon", "zzz " * 12, "abandon " * 11 + "aboutt"])
def test_a_wrong_mnemonic_is_refused_without_repeating_it(words: str) -> None:
    with pytest.raises(ValueError, match="checksum are wrong") as caught:
        secret_from_mnemonic(words)
    assert "abandon" not in str(caught.value)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        NodeKeys.from_secret(bytes(length), "regtest")


def test_nothing_secret_is_shown_and_wiping_ends_its_use(keys: NodeKeys) -> None:
    secrets = [keys.node_key, keys.rune_secret, *(secret for _, secret in keys.startup_secrets)]
    values = [secret.expose() for secret in secrets]
    shown = repr(keys)
    for value in values:
        assert value.hex() not in shown
        assert repr(value) not in shown
    keys.wipe()
    for secret in secrets:
        with pytest.raises(ValueError, match="wiped"):
            secret.expose()
    with pytest.raises(ValueError, match="wiped"):
        sign_challenge(keys, bytes(32))
    assert keys.node_id.hex() == NODE_ID


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_continued_sha256_is_sha256_of_the_padded_whole(first: bytes, second: bytes) -> None:
    """The glue between two messages is the first one's padding, which is what length extension means."""
    length = 8 * len(first)
    padded = first + b"\x80" + bytes((64 - 9 - len(first)) % 64) + length.to_bytes(8, "big")
    state, fed = sha256.continued(hashlib.sha256(first).digest(), len(padded), second)
    assert state == hashlib.sha256(padded + second).digest()
    assert fed % 64 == 0
