"""An owner's lists of operations, as the notifier keeps them: an index of LEDGER, which can always be made again."""

from schemas.base import Wire
from schemas.ids import OpId


class ListedOp(Wire, frozen=True, kw_only=True):
    """Operation `op`; `seq` is the LEDGER sequence of its first fact: its place in its list, which it never leaves."""

    seq: int
    op: OpId


class ListRecord(Wire, frozen=True, kw_only=True):
    """Bucket `lists`, written by the notifier, in three kinds of keys; `schemas.lists` names the lists.

    `all`: whatever was opened up to LEDGER sequence `up_to` is in its list. `<owner>.<list>`: the newest of one
    owner's, oldest first, and by which sequence each full page before them is named. `<owner>.<list>.<sequence>`: such
    a page, the same whoever wrote it. `index` names the making of the index: a list of another is not read.
    """

    index: str
    ops: tuple[ListedOp, ...] = ()
    pages: tuple[int, ...] = ()
    up_to: int = 0
