"""A new nkey for an identity without a moment in which its services cannot connect.

Three steps, each safe to repeat and safe to die in: `offer` makes the next seed and lists both public keys (the server,
told to look again, accepts either), `switch` puts the next seed where services read theirs (they use it from their next
start: nats-py computes its key once), `finish` strikes the old key out. Whoever is told to switch before the offer, or
to finish before the switch, is refused: nobody is ever left with a seed that the server does not know.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from bus.errors import KeysMissing, RotationRefused
from bus.secrets.keys import (
    alone,
    make_seed,
    next_seed_file,
    public_of,
    read_public,
    read_seed,
    seed_file,
    write_public,
)
from bus.tables.identities import ALL_IDENTITIES


@dataclass(frozen=True, slots=True)
class Steady:
    """One key, in use."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The next seed exists and its key is listed; services still use the old one."""


@dataclass(frozen=True, slots=True)
class Switched:
    """The seed is the new one; the old key is still listed."""


State = Steady | Offered | Switched


def state_of(folder: Path, identity: str) -> State:
    """How far the rotation of `identity` is; KeysMissing without its keys or for a name that is no identity's."""
    keys = _keys_of(folder, identity)
    upcoming = _upcoming(folder, identity)
    if upcoming is not None and upcoming in keys:
        return Offered()
    return Switched() if len(keys) > 1 else Steady()


def offer(folder: Path, identity: str) -> State:
    """Make the next seed and list its key beside the old one."""
    with alone(folder):
        match state := state_of(folder, identity):
            case Offered() | Switched():
                return state
            case Steady():
                make_seed(next_seed_file(folder, identity))
                upcoming = public_of(next_seed_file(folder, identity).read_text(encoding="ascii").strip())
                _list(folder, identity, (*_keys_of(folder, identity), upcoming))
                return Offered()
            case _ as never:
                assert_never(never)


def switch(folder: Path, identity: str) -> State:
    """Let services read the next seed from their next start on."""
    with alone(folder):
        match state := state_of(folder, identity):
            case Steady():
                raise RotationRefused(f"{identity}: no next key was offered")
            case Switched():
                return state
            case Offered():
                next_seed_file(folder, identity).replace(seed_file(folder, identity))
                return Switched()
            case _ as never:
                assert_never(never)


def finish(folder: Path, identity: str) -> State:
    """Strike out every key but the one in use."""
    with alone(folder):
        match state_of(folder, identity):
            case Offered():
                raise RotationRefused(f"{identity}: services still use the old key; switch first")
            case Switched() | Steady():
                _list(folder, identity, (public_of(read_seed(folder, identity)),))
                return Steady()
            case _ as never:
                assert_never(never)


def _keys_of(folder: Path, identity: str) -> tuple[str, ...]:
    keys = read_public(folder).get(identity, ())
    if identity not in ALL_IDENTITIES or not keys:
        raise KeysMissing(f"no key of {identity} in public.json")
    return keys


def _upcoming(folder: Path, identity: str) -> str | None:
    try:
        return public_of(next_seed_file(folder, identity).read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None


def _list(folder: Path, identity: str, keys: tuple[str, ...]) -> None:
    write_public(folder, {**read_public(folder), identity: keys})
