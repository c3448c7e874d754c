"""`mesh operators key new|list|revoke`: the API keys of who operates the mesh.

A key is printed once, to standard output and alone, so that it can go straight into a file; what is kept is its hash.
A revoked key stays in the list: what was asked by it is still its own. Exit status 1: there is no such key.
"""

import argparse
import sys
import time

import msgspec

from bus.buckets.kv import Bucket
from bus.client.connection import Bus, connect
from schemas.base import utc_text
from schemas.operators import hash_of, new_key, owner_of_key
from schemas.records import OperatorKey
from schemas.settings import Settings
from services.mesh.running import reaching

IDENTITY = "operator"
LONGEST_NAME = 64


def add_to(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's command line."""
    parser = verbs.add_parser("operators", help="API keys of who operates the mesh: new, list, revoke")
    whats = parser.add_subparsers(dest="what", required=True, metavar="what")
    actions = whats.add_parser("key", help="API keys").add_subparsers(dest="action", required=True, metavar="action")
    makes = actions.add_parser("new", help="make a key and print it, once")
    makes.add_argument("name", type=_name, help="whose it is, or what for")
    actions.add_parser("list", help="one line a key, oldest first; never the key itself")
    revokes = actions.add_parser("revoke", help="refuse a key from now on")
    revokes.add_argument("id")


def _name(text: str) -> str:
    if not (text.isprintable() and 1 <= len(text) <= LONGEST_NAME):
        raise argparse.ArgumentTypeError(f"1 to {LONGEST_NAME} printable characters")
    return text


async def operators(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run one action on the bus that `settings` reach; the exit status."""
    bus = await connect(reaching(settings), IDENTITY)
    try:
        match arguments.action:
            case "new":
                return await _new(bus, arguments.name)
            case "list":
                return await _list(bus)
            case _:
                return await _revoke(bus, arguments.id)
    finally:
        await bus.close()


async def _new(bus: Bus, name: str) -> int:
    made = new_key()
    record = OperatorKey(id=made.id, name=name, sha256=hash_of(made.text), made_at=utc_text(time.time()))
    if await _keys(bus).create(made.id, record) is None:
        raise AssertionError("a random id came twice")
    print(f"mesh: key {made.id} for {name}; this is the only time it is shown:", file=sys.stderr)
    print(made.text)
    return 0


async def _list(bus: Bus) -> int:
    found = await _keys(bus).entries()
    for record in sorted((entry.value for entry in found.values()), key=lambda record: record.made_at):
        state = f"revoked {record.revoked_at}" if record.revoked_at else "good"
        print(f"{record.id}  made {record.made_at}  owner {owner_of_key(record.id)}  {state}  {record.name}")
    if not found:
        print("no keys")
    return 0


async def _revoke(bus: Bus, key_id: str) -> int:
    keys = _keys(bus)
    while True:
        try:
            entry = await keys.get(key_id)
        except ValueError:  # not even the shape of a key
            entry = None
        if entry is None:
            print("mesh: there is no such key", file=sys.stderr)
            return 1
        record = entry.value
        if record.revoked_at is None:
            revoked = msgspec.structs.replace(record, revoked_at=utc_text(time.time()))
            if await keys.update(key_id, revoked, entry.revision) is None:
                continue
        print(f"{record.id}  revoked  {record.name}")
        return 0


def _keys(bus: Bus) -> Bucket[OperatorKey]:
    return Bucket(bus, "operator-keys", OperatorKey)
