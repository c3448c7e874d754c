"""Nodes that have not read the whole chain, and what Core Lightning's `getinfo` says of it."""

from typing import Annotated, Final

from msgspec import Meta

from proto import node_pb2
from schemas.base import Wire
from services.sandbox.greenlight.height import BLOCK_HEIGHT

_BITCOIND: Final = "Bitcoind is not up-to-date with network."
_LIGHTNINGD: Final = "Still loading latest blocks from bitcoind."


class ChainWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Node `node_id` (66 hex) has not read the last `blocks` blocks (0: it has read all), as its `bitcoind` has not if
    that is said."""

    node_id: str
    blocks: Annotated[int, Meta(ge=0, le=BLOCK_HEIGHT)]
    bitcoind: bool = False


def say_how_far(info: node_pb2.GetinfoResponse, wish: ChainWish | None) -> None:
    """Put into `info` how far the node has read the chain, and the warning if it is not all of it."""
    behind = wish.blocks if wish is not None else 0
    info.blockheight = BLOCK_HEIGHT - behind
    if wish is None or not behind:
        return
    if wish.bitcoind:
        info.warning_bitcoind_sync = _BITCOIND
    else:
        info.warning_lightningd_sync = _LIGHTNINGD
