"""Pairing: what binds a rune to a device, what an approval covers, and what a signer refuses to mint for."""

import secrets
import time

import pytest

from proto import scheduler_pb2
from schemas.greenlight import rune as runes
from schemas.greenlight.device import PAIRING_CODE, DeviceKey
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.pairing import approval_bytes, restrictions_for
from services.mesh.device.pairing import FRESH_S, NotApproved, approval, device_of_code, minted

DEVICE = "04" + "ab" * 64
MORE = "method=offer|method=getinfo"


@pytest.fixture
def keys() -> NodeKeys:
    return NodeKeys.from_secret(bytearray(secrets.token_bytes(32)), "regtest")


def waiting(device_id: str = DEVICE, restrictions: str = "") -> scheduler_pb2.GetPairingDataResponse:
    bound = restrictions or f"pubkey={device_id}&{MORE}"
    return scheduler_pb2.GetPairingDataResponse(device_id=device_id, device_name="till", restrictions=bound)


@pytest.mark.parametrize(
    ("restrictions", "rest"),
    [
        (f"pubkey={DEVICE}", ()),
        (f"pubkey={DEVICE}&{MORE}", (MORE,)),
        (f"{MORE}&pubkey={DEVICE}", (MORE,)),
        (MORE, None),
        ("", None),
        (f"pubkey={DEVICE}&pubkey={DEVICE}", None),
        (f"pubkey={DEVICE}|method=pay", None),
        (f"pubkey/{DEVICE}", None),
        (f"pubkey=04{'cd' * 64}", None),
        (f"pubkey={DEVICE}&", None),
    ],
)
def test_a_rune_is_bound_to_the_device_once_and_without_alternatives(
    restrictions: str, rest: tuple[str, ...] | None
) -> None:
    assert restrictions_for(DEVICE, restrictions) == rest


def test_what_is_approved_is_minted_for_that_device_and_those_methods(keys: NodeKeys) -> None:
    answer = minted(keys, approval(keys, DeviceKey.generate(), waiting()))
    rune = runes.decode(answer.rune)
    assert rune.is_authentic(keys.rune_secret.expose())
    assert runes.device_of(rune) == DEVICE
    assert runes.allowed_methods(rune) == frozenset({"offer", "getinfo"})
    assert (answer.device_id, answer.node_id) == (DEVICE, keys.node_id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device_id", "04" + "cd" * 64),
        ("device_name", "another"),
        ("restrictions", f"pubkey={DEVICE}"),
        ("timestamp", 1),
        ("sig", bytes(64)),
        ("pubkey", bytes(65)),
        ("rune", ""),
        ("rune", "AAAA"),
    ],
)
def test_an_approval_that_was_changed_is_refused(keys: NodeKeys, field: str, value: object) -> None:
    request = approval(keys, DeviceKey.generate(), waiting())
    setattr(request, field, value)
    with pytest.raises(NotApproved):
        minted(keys, request)


def test_an_approval_by_a_device_whose_rune_does_not_allow_it_is_refused(keys: NodeKeys) -> None:
    device = DeviceKey.generate()
    request = approval(keys, device, waiting())
    request.rune = runes.mint(keys.rune_secret.expose(), device.public_key, ("method=offer",)).text
    with pytest.raises(NotApproved, match="does not allow"):
        minted(keys, request)
    request.rune = runes.mint(b"\x02" * 32, device.public_key).text
    with pytest.raises(NotApproved, match="does not allow"):
        minted(keys, request)


def test_an_old_approval_is_refused(keys: NodeKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    request = approval(keys, DeviceKey.generate(), waiting())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + FRESH_S + 5)
    with pytest.raises(NotApproved, match="not of now"):
        minted(keys, request)


def test_a_device_that_wants_an_unbound_rune_is_not_approved(keys: NodeKeys) -> None:
    with pytest.raises(NotApproved, match="not be bound"):
        approval(keys, DeviceKey.generate(), waiting(restrictions=MORE))


@pytest.mark.parametrize(
    "code", ["", DEVICE, PAIRING_CODE, PAIRING_CODE + DEVICE[:-2], PAIRING_CODE + "02" + "ab" * 64]
)
def test_what_is_no_pairing_code_is_refused(code: str) -> None:
    with pytest.raises(NotApproved, match="pairing code"):
        device_of_code(code)
    assert device_of_code(PAIRING_CODE + DEVICE) == DEVICE


def test_the_signed_bytes_are_the_protocols() -> None:
    signed = approval_bytes("04ab", 1, b"\x02" * 33, "till", "pubkey=04ab")
    assert signed == b"04ab" + bytes(7) + b"\x01" + b"\x02" * 33 + b"till" + b"pubkey=04ab"
