"""The node's rune: restricted to this device and to exactly the methods table, before it leaves the seed's process.

Anybody can narrow a rune, nobody can widen one; so a rune that allows less than we need is a dead end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.greenlight import rune as runes
from schemas.greenlight.keys import NodeKeys
from services.node_manager.methods import METHOD_NAMES, Method

_WANTED = frozenset(METHOD_NAMES)


@dataclass(frozen=True, slots=True)
class Narrow:
    """The rune allows exactly the table."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The rune allowed more; `text` is the same rune restricted to the table."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unusable:
    """The rune is not one, is for another device, or lacks methods that we need."""

    reason: str


def narrowed_rune(keys: NodeKeys, device_pubkey: bytes) -> str:
    """A fresh rune for a device (65 bytes) that allows the table and nothing else."""
    return runes.mint(keys.rune_secret.expose(), device_pubkey, (runes.method_restriction(METHOD_NAMES),)).text


def lacking(text: str, methods: Iterable[Method]) -> tuple[str, ...]:
    """Which of `methods` the rune does not allow: those we came to need after its node was registered. None of them is
    named of a text that is no rune; the node will say so."""
    try:
        allowed = runes.allowed_methods(runes.decode(text))
    except runes.RuneError:
        return ()
    return () if allowed is None else tuple(method.name for method in methods if method.name not in allowed)


def narrow(text: str, device_pubkey: bytes) -> Narrow | Narrowed | Unusable:
    """What `text` needs so that it allows this device exactly the table."""
    try:
        rune = runes.decode(text)
    except runes.RuneError:
        return Unusable("the rune cannot be read")
    if runes.device_of(rune) != device_pubkey.hex():
        return Unusable("the rune is for another device")
    allowed = runes.allowed_methods(rune)
    if allowed == _WANTED:
        return Narrow()
    if allowed is not None and not allowed >= _WANTED:
        return Unusable("the rune lacks methods that we need")
    return Narrowed(rune.restrict(runes.method_restriction(METHOD_NAMES)).text)
