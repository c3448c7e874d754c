"""Balances as their owner sees them, of one node and of all together. Pure."""

from collections.abc import Iterable, Sequence

from bus.kv import Entry
from schemas.base import Wire
from schemas.records import BalanceRecord


class BalanceView(Wire, frozen=True, kw_only=True):
    """What a node has (`schemas.records.BalanceRecord`): decimal strings of msat, as the node said at `as_of`.

    While `current` is true nothing has happened since; `running` is whether the node runs; `seq` rises with every
    change.
    """

    node_id: str
    channel_msat: str
    spendable_msat: str
    receivable_msat: str
    pending_msat: str
    confirmed_msat: str
    unconfirmed_msat: str
    as_of: str
    current: bool
    running: bool
    seq: int


class BalancesView(Wire, frozen=True, kw_only=True):
    """What all of an owner's nodes have together, and each of them.

    `as_of` is when the oldest of them was read (null: none was), `current` whether all of them are. Nodes in `unread`
    have no balance yet and are in no sum. `seq` covers all of them.
    """

    channel_msat: str
    spendable_msat: str
    receivable_msat: str
    pending_msat: str
    confirmed_msat: str
    unconfirmed_msat: str
    as_of: str | None
    current: bool
    nodes: tuple[BalanceView, ...]
    unread: tuple[str, ...]
    seq: int


def balance_view(entry: Entry[BalanceRecord]) -> BalanceView:
    """One node's balance."""
    record = entry.value
    return BalanceView(
        node_id=record.node_id,
        channel_msat=record.channel_msat,
        spendable_msat=record.spendable_msat,
        receivable_msat=record.receivable_msat,
        pending_msat=record.pending_msat,
        confirmed_msat=record.confirmed_msat,
        unconfirmed_msat=record.unconfirmed_msat,
        as_of=record.as_of,
        current=record.current,
        running=record.running,
        seq=entry.revision,
    )


def balances_view(found: Iterable[Entry[BalanceRecord]], node_ids: Iterable[str], seq: int) -> BalancesView:
    """The balances of `node_ids` that were `found`, by node id, and their sums."""
    wanted = set(node_ids)
    views = [balance_view(entry) for entry in found if entry.value.node_id in wanted]
    return BalancesView(
        channel_msat=_sum(view.channel_msat for view in views),
        spendable_msat=_sum(view.spendable_msat for view in views),
        receivable_msat=_sum(view.receivable_msat for view in views),
        pending_msat=_sum(view.pending_msat for view in views),
        confirmed_msat=_sum(view.confirmed_msat for view in views),
        unconfirmed_msat=_sum(view.unconfirmed_msat for view in views),
        as_of=min((view.as_of for view in views), default=None),
        current=_all_current(views, wanted),
        nodes=tuple(sorted(views, key=lambda view: view.node_id)),
        unread=tuple(sorted(wanted.difference(view.node_id for view in views))),
        seq=seq,
    )


def _sum(amounts: Iterable[str]) -> str:
    return str(sum(map(int, amounts)))


def _all_current(views: Sequence[BalanceView], wanted: set[str]) -> bool:
    return len(views) == len(wanted) and all(view.current for view in views)
