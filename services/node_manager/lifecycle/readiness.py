"""The readiness of a node as a ladder (DESIGN §5): what was seen goes in, the rung it stands on comes out. Pure.

A node tells nobody whether a signer is attached. A connected peer shows it (the handshake needs the node's key, BOLT
8), as does a call that needed a signature and was answered; one that knows peers of which none is connected has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import get_args

from proto import node_pb2
from schemas.nodes import NodeState, SignerState

RUNGS: tuple[NodeState, ...] = get_args(NodeState)
"""From the lowest; every node that we have a record of stands on the first at least."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of a node in one look. What was not looked at counts against it."""

    runs: bool = False
    answers: bool = False
    signer: SignerState = "unknown"
    peers: int = 0
    follows_chain: bool = False


_HOLDS: Mapping[NodeState, Callable[[Evidence], bool]] = {
    "registered": lambda _: True,
    "scheduled": lambda seen: seen.runs,
    "rpc": lambda seen: seen.answers,
    "signer": lambda seen: seen.signer == "attached",
    "peers": lambda seen: seen.peers > 0,
    "synced": lambda seen: seen.follows_chain,
}


def readiness(seen: Evidence) -> NodeState:
    """The highest rung that holds with every rung below it."""
    return tuple(takewhile(lambda rung: _HOLDS[rung](seen), RUNGS))[-1]


STOPPED = Evidence()
STARTING = Evidence(runs=True)


def evidence(
    info: node_pb2.GetinfoResponse, peers: node_pb2.ListpeersResponse, *, signed_lately: bool = False
) -> Evidence:
    """What the answers of a running node show."""
    connected = sum(peer.connected for peer in peers.peers)
    return Evidence(
        runs=True,
        answers=True,
        signer=signer_of(known=len(peers.peers), connected=connected, signed_lately=signed_lately),
        peers=connected,
        follows_chain=follows_chain(info),
    )


def follows_chain(info: node_pb2.GetinfoResponse) -> bool:
    """Whether the node knows of no block that it has not read."""
    return not (info.HasField("warning_bitcoind_sync") or info.HasField("warning_lightningd_sync"))


def signer_of(*, known: int, connected: int, signed_lately: bool) -> SignerState:
    """Whether a signer is attached to a node that knows `known` peers, `connected` of them now."""
    if connected or signed_lately:
        return "attached"
    return "detached" if known else "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an owner is shown of a node's readiness."""

    state: NodeState
    signer: SignerState


def standing(seen: Evidence) -> Standing:
    """What `seen` shows."""
    return Standing(readiness(seen), seen.signer)


def turned(shown: Standing, before: Standing | None, now: Standing) -> bool:
    """Whether a node that is shown as `shown`, was seen as `before` and is seen as `now` has turned.

    Rising and stopping are told at once; a running node that sinks has to be seen so twice: a peer that reconnects or
    one lost answer is no news.
    """
    if now == shown:
        return False
    sinks = RUNGS.index(now.state) <= RUNGS.index(shown.state)
    return not sinks or now.state == RUNGS[0] or now == before
