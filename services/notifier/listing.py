"""What is added to an owner's list. Pure: a list as it stands and what was opened in, what is to be written out.

A full page is the same whoever makes it: so many operations, one after the other in LEDGER, from the one it is named
by. Whoever lists takes them in LEDGER's order from where the index ends, so a list lacks nothing before its last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from schemas.lists import PAGE
from schemas.records import ListedOp, ListRecord


@dataclass(frozen=True, slots=True)
class Longer:
    """Write `pages`, by the sequence that each is named by, and then `newest`."""

    newest: ListRecord
    pages: dict[int, ListRecord]


def with_opened(standing: ListRecord | None, opened: Sequence[ListedOp], index: str, kept_from: int) -> Longer | None:
    """The owner's list with `opened` (by rising sequence) at its end; None if all of them are in it.

    `standing` counts only if it is of `index`. Pages that LEDGER, which begins at sequence `kept_from`, has forgotten
    altogether are left out.
    """
    newest = standing if standing is not None and standing.index == index else ListRecord(index=index)
    last = newest.ops[-1].seq if newest.ops else 0
    new = tuple(one for one in opened if one.seq > last)
    if not new:
        return None
    ops, full = (*newest.ops, *new), {}
    while len(ops) > PAGE:
        full[ops[0].seq] = ListRecord(index=index, ops=ops[:PAGE])
        ops = ops[PAGE:]
    pages = (*newest.pages, *full)
    following = (*pages, ops[0].seq)[1:]
    kept = tuple(first for first, after in zip(pages, following, strict=True) if after > kept_from)
    return Longer(replace(newest, ops=ops, pages=kept), full)
