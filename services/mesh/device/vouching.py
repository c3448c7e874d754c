"""What an owner's device makes of a device that somebody else wants certified for its node: signatures, start-up
messages, and a rune that allows that device what it asked for and nothing else. The seed stays here.
"""

from schemas.doors import Device, DeviceAnswer
from schemas.greenlight import rune as runes
from schemas.greenlight.challenge import sign_challenge
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.startup import init_msg, startup_messages


def vouch(keys: NodeKeys, device: Device) -> DeviceAnswer:
    """The answer of the node behind `keys`; ValueError for challenges that are none, RuneError for no restriction."""
    pubkey = bytes.fromhex(device.pubkey)
    return DeviceAnswer(
        signed_register=sign_challenge(keys, bytes.fromhex(device.register)).hex(),
        signed_recover=sign_challenge(keys, bytes.fromhex(device.recover)).hex(),
        bip32_key=keys.bip32_key.hex(),
        init_msg=init_msg(keys).hex(),
        startup=tuple((ask.hex(), reply.hex()) for ask, reply in startup_messages(keys)),
        rune=runes.mint(keys.rune_secret.expose(), pubkey, (device.restriction,)).text,
    )
