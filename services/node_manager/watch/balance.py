"""A node's balance from what its calls say, as official clients add it up. Pure.

Core Lightning, `listpeerchannels` and `listfunds`: spendable and receivable count open channels only; outputs that are
reserved or spent are nobody's to spend; what a closing channel owes is pending until it lies on chain.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from proto import node_pb2, primitives_pb2

_OPEN = frozenset({primitives_pb2.ChanneldNormal, primitives_pb2.ChanneldAwaitingSplice})
_CLOSING = frozenset(
    {
        primitives_pb2.ChanneldShuttingDown,
        primitives_pb2.ClosingdSigexchange,
        primitives_pb2.ClosingdComplete,
        primitives_pb2.AwaitingUnilateral,
        primitives_pb2.FundingSpendSeen,
    }
)
_OUTPUT = node_pb2.ListfundsOutputs
_UNCONFIRMED = frozenset({_OUTPUT.UNCONFIRMED, _OUTPUT.IMMATURE})


@dataclass(frozen=True, slots=True)
class Balance:
    """All in msat; see `schemas.records.BalanceRecord`."""

    channel: int
    spendable: int
    receivable: int
    pending: int
    confirmed: int
    unconfirmed: int


def balance_of(channels: node_pb2.ListpeerchannelsResponse, funds: node_pb2.ListfundsResponse) -> Balance:
    """The balance that two replies of one node add up to."""
    open_channels = [channel for channel in channels.channels if channel.state in _OPEN]
    closing = [channel for channel in channels.channels if channel.state in _CLOSING]
    free = [output for output in funds.outputs if not output.reserved]
    return Balance(
        channel=_sum(channel.to_us_msat for channel in open_channels),
        spendable=_sum(channel.spendable_msat for channel in open_channels),
        receivable=_sum(channel.receivable_msat for channel in open_channels),
        pending=_sum(channel.to_us_msat for channel in closing),
        confirmed=_sum(output.amount_msat for output in free if output.status == _OUTPUT.CONFIRMED),
        unconfirmed=_sum(output.amount_msat for output in free if output.status in _UNCONFIRMED),
    )


def _sum(amounts: Iterable[primitives_pb2.Amount]) -> int:
    return sum(int(amount.msat) for amount in amounts)
