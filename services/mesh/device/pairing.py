"""The wallet's part of a pairing: a device of the owner's looks at who wants in and approves, the signer mints a rune.

The device's approval is signed with its own key and carries its own rune; the signer believes neither without checking.
"""

import time

from proto import scheduler_pb2
from schemas.greenlight import rune as runes
from schemas.greenlight.device import PAIRING_CODE, PUBKEY_BYTES, DeviceKey, verify_signature
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.pairing import METHOD, approval_bytes, restrictions_for

FRESH_S = 300
"""How long ago an approval may have been signed."""


class NotApproved(Exception):
    """The pairing is not what it should be; the text says in which way."""


def device_of_code(code: str) -> str:
    """The device id (130 hex) in the text that was scanned; NotApproved."""
    device_id = code.removeprefix(PAIRING_CODE)
    if not code.startswith(PAIRING_CODE) or len(device_id) != 2 * PUBKEY_BYTES or not device_id.startswith("04"):
        raise NotApproved("this is not a pairing code")
    return device_id


def approval(
    keys: NodeKeys, device: DeviceKey, wanted: scheduler_pb2.GetPairingDataResponse
) -> scheduler_pb2.ApprovePairingRequest:
    """The approval by `device` (of the node behind `keys`) of a device that waits; NotApproved."""
    if restrictions_for(wanted.device_id, wanted.restrictions) is None:
        raise NotApproved("the rune that is asked for would not be bound to the device")
    now = int(time.time())
    what = approval_bytes(wanted.device_id, now, keys.node_id, wanted.device_name, wanted.restrictions)
    return scheduler_pb2.ApprovePairingRequest(
        device_id=wanted.device_id,
        timestamp=now,
        device_name=wanted.device_name,
        restrictions=wanted.restrictions,
        sig=device.sign(what),
        pubkey=device.public_key,
        rune=runes.mint(keys.rune_secret.expose(), device.public_key).text,
    )


def minted(keys: NodeKeys, request: scheduler_pb2.ApprovePairingRequest) -> scheduler_pb2.ApprovePairingResponse:
    """What the signer answers to an approval: the new device's rune; NotApproved for one that does not hold."""
    what = approval_bytes(request.device_id, request.timestamp, keys.node_id, request.device_name, request.restrictions)
    if not verify_signature(request.pubkey, what, request.sig):
        raise NotApproved("the approval is not signed by the device it names")
    if abs(time.time() - request.timestamp) > FRESH_S:
        raise NotApproved("the approval is not of now")
    try:
        rune = runes.decode(request.rune)
    except runes.RuneError:
        raise NotApproved("the approving device has no rune") from None
    values = {"method": METHOD, "pubkey": request.pubkey.hex(), "time": str(request.timestamp)}
    if not rune.is_authentic(keys.rune_secret.expose()) or isinstance(runes.evaluate(rune, values), runes.Denied):
        raise NotApproved("the approving device's rune does not allow it")
    more = restrictions_for(request.device_id, request.restrictions)
    if more is None:
        raise NotApproved("the rune that is asked for would not be bound to the device")
    new = runes.mint(keys.rune_secret.expose(), bytes.fromhex(request.device_id), more)
    return scheduler_pb2.ApprovePairingResponse(device_id=request.device_id, node_id=keys.node_id, rune=new.text)
