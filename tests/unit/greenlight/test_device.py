"""Device identity and request signatures: the shapes official clients send, and every way they can be wrong."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from schemas.greenlight.device import (
    DeviceKey,
    UserName,
    node_id_of_chain,
    parse_common_name,
    recovered_name,
    subject_of,
)
from schemas.greenlight.request_auth import SignedCall, UnsignedCall, frame, sign_call, verify_call

NODE_ID = b"\x02" + bytes(32)
PAYLOAD = bytes.fromhex("0a03616e79120474697073")
HEADERS = {
    "glauthpubkey": "BGt2ZWT5DYIM8kYRyCqZFQdobznhZwTfmfbGj2sYp3ScU7coskF5N/QKtmho1fRRvAz7LDVzQvQJvTCogNz4nTA",
    "glauthsig": "0yEb1Uvnp5jvKbeYDr7EQHJd8rOA+9OZdfjwUpWv9Z4GW6AzrLF3T78hlM9vDOmAEy/j+8bgQt6xDRssk4OEYg",
    "glts": "AAABogJGn4M",
    "glrune": "a rune",
}


def test_the_official_clients_headers_verify() -> None:
    call = verify_call(HEADERS, PAYLOAD)
    assert isinstance(call, SignedCall)
    assert call.timestamp_ms == 0x000001A202469F83
    assert frame(PAYLOAD) == bytes.fromhex("000000000b") + PAYLOAD
    assert frame(b"") == bytes(5)


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_a_missing_header_makes_a_call_unsigned(header: str) -> None:
    for headers in ({k: v for k, v in HEADERS.items() if k != header}, HEADERS | {header: ""}):
        assert isinstance(verify_call(headers, PAYLOAD), UnsignedCall)


@pytest.mark.parametrize("header", ["glauthpubkey", "glauthsig", "glts"])
@pytest.mark.parametrize("value", ["é", "=", "====", "A", "AAAA", "_-_-", "A" * 88, "A" * 5000])
def test_a_spoiled_header_makes_a_call_unsigned(header: str, value: str) -> None:
    assert isinstance(verify_call(HEADERS | {header: value}, PAYLOAD), UnsignedCall)


def test_the_signature_covers_request_and_time() -> None:
    assert isinstance(verify_call(HEADERS, PAYLOAD + b"\x00"), UnsignedCall)
    assert isinstance(verify_call(HEADERS | {"glts": "AAABogJGn4Q"}, PAYLOAD), UnsignedCall)


@given(st.binary(max_size=300), st.integers(0, 2**64 - 1))
def test_what_we_sign_verifies(payload: bytes, timestamp_ms: int) -> None:
    device = DeviceKey.generate()
    headers = dict(sign_call(device, "a rune", payload, timestamp_ms))
    call = verify_call(headers, payload)
    assert isinstance(call, SignedCall)
    assert (call.pubkey, call.timestamp_ms, call.rune) == (device.public_key, timestamp_ms, "a rune")
    assert all("=" not in headers[name] for name in ("glauthpubkey", "glauthsig", "glts"))


def test_a_rune_is_not_shown_by_a_signed_call() -> None:
    assert "a rune" not in repr(verify_call(HEADERS, PAYLOAD))


def test_the_request_for_a_certificate_is_as_official_clients_make_it() -> None:
    device = DeviceKey.generate()
    csr = x509.load_pem_x509_csr(device.csr(NODE_ID))
    assert csr.is_signature_valid
    named = [(attribute.oid, attribute.value) for attribute in subject_of(csr)]
    assert named == [
        (NameOID.COMMON_NAME, f"/users/{NODE_ID.hex()}/default"),
        (NameOID.COUNTRY_NAME, "US"),
        (NameOID.LOCALITY_NAME, "SAN FRANCISCO"),
        (NameOID.ORGANIZATION_NAME, "Blockstream"),
        (NameOID.STATE_OR_PROVINCE_NAME, "CALIFORNIA"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "CertificateAuthority"),
    ]
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    key = csr.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)


def test_a_recovered_device_is_named_after_its_challenge() -> None:
    assert recovered_name(bytes(range(32))) == "recovered-0001020304050607"


def test_a_key_survives_its_pem_and_is_never_shown() -> None:
    device = DeviceKey.generate()
    pem = device.to_pem()
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert DeviceKey.from_pem(pem).public_key == device.public_key
    assert "DeviceKey()" in repr(device)


def test_other_keys_are_refused_without_repeating_them() -> None:
    other_curve = ec.generate_private_key(ec.SECP384R1())
    other_kind = rsa.generate_private_key(65537, 2048)
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (b"", b"nonsense", other_curve.private_bytes(*form), other_kind.private_bytes(*form)):
        with pytest.raises(ValueError, match=r"private key|P-256") as caught:
            DeviceKey.from_pem(pem)
        assert not pem or pem.decode() not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/users/nobody",
        f"/users/{NODE_ID.hex()}",
        f"/users/{NODE_ID.hex()}/",
        f"/users/{NODE_ID.hex()}/a/b",
        f"/users/{NODE_ID.hex().upper()}A/default",
        f" /users/{NODE_ID.hex()}/default",
        f"/users/{NODE_ID.hex()[:-2]}/default",
    ],
)
def test_names_that_speak_for_no_user(text: str) -> None:
    assert parse_common_name(text) is None


def test_names_that_do() -> None:
    assert parse_common_name(f"/users/{NODE_ID.hex()}/default") == UserName(NODE_ID, "default")
    assert node_id_of_chain(b"") is None
    assert node_id_of_chain(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") is None
