"""What a bus folder holds: the store of one server, or those of a cluster. Neither is ever started for the other.

A folder becomes a cluster's once and for good, by one atomic mark, after everything that its single server held
stands in the cluster. The single store is kept aside, not deleted.
"""

import os
from enum import Enum, auto
from pathlib import Path

MARK = "cluster"
STORE, KEPT = "store", "store.single"


class Layout(Enum):
    """Whose store a folder holds; `EMPTY`: nobody's yet."""

    EMPTY = auto()
    SINGLE = auto()
    CLUSTER = auto()


def layout_of(folder: Path) -> Layout:
    """What `folder` holds now."""
    if (folder / MARK).exists():
        return Layout.CLUSTER
    return Layout.SINGLE if (folder / STORE).exists() else Layout.EMPTY


def become_cluster(folder: Path) -> None:
    """Mark `folder` as a cluster's, durably, and put the single server's store aside. May be repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / MARK).open("ab") as mark:
        os.fsync(mark.fileno())
    _sync(folder)
    if (folder / STORE).exists() and not (folder / KEPT).exists():
        (folder / STORE).rename(folder / KEPT)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
