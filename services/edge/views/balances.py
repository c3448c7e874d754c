"""Balances as their owner sees them, of one node and of all together. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bus.buckets.kv import Entry
from schemas.base import Wire
from schemas.records import BalanceRecord, Purse


class BalanceView(Wire, frozen=True, kw_only=True):
    """What a node has (`schemas.records.BalanceRecord`): decimal strings of msat, as the node said at `as_of`.

    `reserved_msat` is what payments that are not over may cost, fees included; `free_msat` is what of `spendable_msat`
    is meant for none of them. While `current` is true nothing has happened since; else it may be `stale_s` seconds old.
    `running` is whether the node runs: then it is looked at again without being asked. `seq` rises with every change.
    """

    node_id: str
    channel_msat: str
    spendable_msat: str
    receivable_msat: str
    reserved_msat: str
    free_msat: str
    pending_msat: str
    confirmed_msat: str
    unconfirmed_msat: str
    as_of: str
    current: bool
    stale_s: int
    running: bool
    seq: int


class BalancesView(Wire, frozen=True, kw_only=True):
    """What all of an owner's nodes have together, and each of them.

    `as_of` is when the oldest of them was read (null: none was), `current` whether all of them are, `stale_s` how old
    the oldest of those that are not may be. Nodes in `unread` have no balance yet and are in no sum. `seq` covers all
    of them.
    """

    channel_msat: str
    spendable_msat: str
    receivable_msat: str
    reserved_msat: str
    free_msat: str
    pending_msat: str
    confirmed_msat: str
    unconfirmed_msat: str
    as_of: str | None
    current: bool
    stale_s: int
    nodes: tuple[BalanceView, ...]
    unread: tuple[str, ...]
    seq: int


def balance_view(entry: Entry[BalanceRecord], purse: Purse, now: float) -> BalanceView:
    """One node's balance at `now` (unix seconds); `purse` holds its owner's payments that are not over."""
    record = entry.value
    mine = [one for one in purse.outgoing if one.node_id == record.node_id]
    # What the node was told to pay has left what it can spend, or is about to; the rest of the reservations has not.
    untold = sum(one.msat for one in mine if one.attempts == 0)
    return BalanceView(
        node_id=record.node_id,
        channel_msat=record.channel_msat,
        spendable_msat=record.spendable_msat,
        receivable_msat=record.receivable_msat,
        reserved_msat=str(sum(one.msat for one in mine)),
        free_msat=str(max(0, int(record.spendable_msat) - untold)),
        pending_msat=record.pending_msat,
        confirmed_msat=record.confirmed_msat,
        unconfirmed_msat=record.unconfirmed_msat,
        as_of=record.as_of,
        current=record.current,
        stale_s=0 if record.current else max(0, int(now - datetime.fromisoformat(record.as_of).timestamp())),
        running=record.running,
        seq=entry.revision,
    )


def balances_view(
    found: Iterable[Entry[BalanceRecord]], node_ids: Iterable[str], purse: Purse, now: float, seq: int
) -> BalancesView:
    """The balances of `node_ids` that were `found`, by node id, and their sums."""
    wanted = set(node_ids)
    views = [balance_view(entry, purse, now) for entry in found if entry.value.node_id in wanted]
    return BalancesView(
        channel_msat=_sum(view.channel_msat for view in views),
        spendable_msat=_sum(view.spendable_msat for view in views),
        receivable_msat=_sum(view.receivable_msat for view in views),
        reserved_msat=str(sum(one.msat for one in purse.outgoing)),
        free_msat=_sum(view.free_msat for view in views),
        pending_msat=_sum(view.pending_msat for view in views),
        confirmed_msat=_sum(view.confirmed_msat for view in views),
        unconfirmed_msat=_sum(view.unconfirmed_msat for view in views),
        as_of=min((view.as_of for view in views), default=None),
        current=_all_current(views, wanted),
        stale_s=max((view.stale_s for view in views), default=0),
        nodes=tuple(sorted(views, key=lambda view: view.node_id)),
        unread=tuple(sorted(wanted.difference(view.node_id for view in views))),
        seq=seq,
    )


def _sum(amounts: Iterable[str]) -> str:
    return str(sum(map(int, amounts)))


def _all_current(views: Sequence[BalanceView], wanted: set[str]) -> bool:
    return len(views) == len(wanted) and all(view.current for view in views)
