"""Whether what a node does not show proves anything: only of one that follows its chain, as of now."""

from proto import node_pb2
from services.node_manager.greenlight.node import Node
from services.node_manager.lifecycle.readiness import follows_chain


async def is_in_sync(node: Node) -> bool:
    """Whether the node says that it follows its chain; one that does not answer does not say so."""
    info = await node.getinfo()
    return isinstance(info, node_pb2.GetinfoResponse) and follows_chain(info)
