"""What a node says about itself and its one peer; reads only."""

from typing import Final

from proto import node_pb2, primitives_pb2
from services.sandbox.greenlight.chain import say_how_far
from services.sandbox.greenlight.height import BLOCK_HEIGHT
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money.rows import PartRow
from services.sandbox.greenlight.store import StoredNode

_VERSION: Final = "v25.05gl1"
_HTLC_BLOCKS: Final = 150
_ANNOUNCED_AT: Final = 1_700_000_000
_CHANNEL_ID: Final = bytes(31) + b"\x01"


async def getinfo(node: Inside, _request: node_pb2.GetinfoRequest) -> node_pb2.GetinfoResponse:
    """`Getinfo`."""
    up = int(node.peer.connected)
    info = node_pb2.GetinfoResponse(
        id=bytes.fromhex(node.node_id),
        alias=f"sandbox-{node.node_id[:12]}",
        color=bytes.fromhex(node.node_id)[:3],
        num_peers=1,
        num_active_channels=up,
        num_inactive_channels=1 - up,
        version=_VERSION,
        lightning_dir="/sandbox",
        network=node.around.network,
        fees_collected_msat=primitives_pb2.Amount(msat=0),
    )
    say_how_far(info, node.around.faults.chains.get(node.node_id))
    return info


async def list_nodes(node: Inside, request: node_pb2.ListnodesRequest) -> node_pb2.ListnodesResponse:
    """`ListNodes`: who is announced, which every node's gossip holds alike, itself included."""
    wanted = request.id.hex() if request.HasField("id") else None
    rows = [_announcement(stored) for stored in node.around.store.all() if stored.announced]
    return node_pb2.ListnodesResponse(nodes=[row for row in rows if wanted in (None, row.nodeid.hex())])


def _announcement(stored: StoredNode) -> node_pb2.ListnodesNodes:
    ipv4 = node_pb2.ListnodesNodesAddresses.IPV4
    return node_pb2.ListnodesNodes(
        nodeid=bytes.fromhex(stored.node_id),
        last_timestamp=_ANNOUNCED_AT,
        alias=f"sandbox-{stored.node_id[:12]}",
        color=bytes.fromhex(stored.node_id)[:3],
        addresses=[node_pb2.ListnodesNodesAddresses(item_type=ipv4, address="192.0.2.1", port=9735)],
    )


async def list_peers(node: Inside, request: node_pb2.ListpeersRequest) -> node_pb2.ListpeersResponse:
    """`ListPeers`: the provider, connected or not."""
    if request.HasField("id") and request.id != node.peer.provider_id:
        return node_pb2.ListpeersResponse()
    peer = node_pb2.ListpeersPeers(id=node.peer.provider_id, connected=node.peer.connected, num_channels=1)
    return node_pb2.ListpeersResponse(peers=[peer])


async def list_peer_channels(
    node: Inside, request: node_pb2.ListpeerchannelsRequest
) -> node_pb2.ListpeerchannelsResponse:
    """`ListPeerChannels`: one channel with the provider, private unless the node is announced."""
    if request.HasField("id") and request.id != node.peer.provider_id:
        return node_pb2.ListpeerchannelsResponse()
    balance = node.income.shown
    leaving = [part for part in node.around.till.ledger.moving() if part.node == node.node_id]
    channel = node_pb2.ListpeerchannelsChannels(
        peer_id=node.peer.provider_id,
        peer_connected=node.peer.connected,
        state=primitives_pb2.ChanneldNormal,
        short_channel_id="700000x1x0",
        channel_id=_CHANNEL_ID,
        private=not node.record.announced,
        opener=primitives_pb2.REMOTE,
        to_us_msat=primitives_pb2.Amount(msat=balance.ours + balance.leaving),
        total_msat=primitives_pb2.Amount(msat=balance.capacity),
        spendable_msat=primitives_pb2.Amount(msat=balance.ours),
        receivable_msat=primitives_pb2.Amount(msat=balance.receivable),
        htlcs=[_htlc(part) for part in leaving],
        reestablished=node.peer.connected,
    )
    return node_pb2.ListpeerchannelsResponse(channels=[channel])


def _htlc(part: PartRow) -> node_pb2.ListpeerchannelsChannelsHtlcs:
    return node_pb2.ListpeerchannelsChannelsHtlcs(
        direction=node_pb2.ListpeerchannelsChannelsHtlcs.OUT,
        id=part.created_index,
        amount_msat=primitives_pb2.Amount(msat=part.sent_msat),
        expiry=BLOCK_HEIGHT + _HTLC_BLOCKS,
        payment_hash=part.payment_hash,
        state=primitives_pb2.SentAddAckRevocation,
    )


async def list_funds(node: Inside, _request: node_pb2.ListfundsRequest) -> node_pb2.ListfundsResponse:
    """`ListFunds`: the one channel, nothing on chain."""
    balance = node.income.shown
    channel = node_pb2.ListfundsChannels(
        peer_id=node.peer.provider_id,
        our_amount_msat=primitives_pb2.Amount(msat=balance.ours + balance.leaving),
        amount_msat=primitives_pb2.Amount(msat=balance.capacity),
        connected=node.peer.connected,
        state=primitives_pb2.ChanneldNormal,
        short_channel_id="700000x1x0",
        channel_id=_CHANNEL_ID,
    )
    return node_pb2.ListfundsResponse(channels=[channel])


async def stop(node: Inside, _request: node_pb2.StopRequest) -> node_pb2.StopResponse:
    """`Stop`: the node goes down right after, and comes back at another address."""
    node.stop()
    return node_pb2.StopResponse()
