"""`python -m services.node_manager.reseal`: every node's credentials sealed with the current key, while all else runs.

Record after record by compare-and-set, so that whoever writes one meanwhile wins and it is looked at again; killed at
any point, the next run goes on with what is left. The check value goes last: as long as it is under a former key, a
process that only has the new one refuses to start.
"""

import asyncio
import os
import sys

from bus import log as logs
from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.errors import BusError
from schemas.ids import Owner
from schemas.records import NodeRecord, NodeView, SealedCredentials
from schemas.settings import SettingError, Settings, load
from services.node_manager.keep.book import NODES, NodeBook
from services.node_manager.keep.envelope import EnvelopeRefused, KeyUnavailable
from services.node_manager.keep.key_check import KeyCheck, prove_key, reseal_check
from services.node_manager.keep.safe import CREDENTIALS, Safe
from services.node_manager.keep.sealing import sealer_of
from services.node_manager.keep.views import EVERY_NODE, VIEWS, NodeViews

AGAIN_S = 0.2


async def reseal(settings: Settings) -> int:
    """How many nodes there were; all are sealed with the current key when this returns.

    Raises SettingError if the key is not one that is in use, EnvelopeRefused for credentials that no key here opens.
    """
    sealer = sealer_of(settings)
    bus = await connect(settings, "node-manager")
    try:
        checks = Bucket(bus, NODES, KeyCheck)
        await prove_key(checks, sealer)
        records = Bucket(bus, NODES, NodeRecord)
        views = NodeViews(records, Bucket(bus, VIEWS, NodeView))
        book = NodeBook(records, views, Safe(Bucket(bus, CREDENTIALS, SealedCredentials)), sealer)
        nodes = await _until_none_is_left(records, book)
        await book.erase_strays(bus.clock.now())
        await reseal_check(checks, sealer)
        return nodes
    finally:
        await bus.close()


async def _until_none_is_left(records: Bucket[NodeRecord], book: NodeBook) -> int:
    while True:
        seen, left = set(), 0
        async for key, _ in records.walk(EVERY_NODE):
            owner, node_id = key.split(".")
            seen.add(key)  # one that is written meanwhile comes by again
            left += not await book.reseal(Owner(owner), node_id)
        if not left:
            return len(seen)
        await asyncio.sleep(AGAIN_S)


def main() -> int:
    """Exit status 0 when all is done, 2 for a setting, 1 for anything else; never a secret in a line."""
    try:
        settings = load(os.environ)
        logs.configure("node-manager", "warning")
        count = asyncio.run(reseal(settings))
    except SettingError as error:
        print(f"mesh: {error}", file=sys.stderr)  # noqa: T201  what this module is run for
        return 2
    except (BusError, EnvelopeRefused, KeyUnavailable) as error:
        print(f"mesh: {error}; what was done stays done", file=sys.stderr)  # noqa: T201  as above
        return 1
    print(f"{count} nodes, all sealed with the current key")  # noqa: T201  as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
