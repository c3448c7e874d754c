"""How a node stands, as a ladder: words that requests, records and views share."""

from typing import Annotated, Final, Literal

from msgspec import Meta

NODE_ID_PATTERN: Final = r"\A0[23][0-9a-f]{64}\Z"

NodeId = Annotated[str, Meta(pattern=NODE_ID_PATTERN)]
"""A node: its compressed public key in lower-case hex."""

NodeState = Literal["registered", "scheduled", "rpc", "signer", "peers", "synced"]
"""How ready a node is, each rung holding all below it: known to the scheduler, running, answering, with its owner's
signer, with peers, up to date with the chain."""

SignerState = Literal["attached", "detached", "unknown"]
"""Whether the owner's signer is attached, as far as what the node says of its peers shows it."""

Door = Literal["seed", "challenge", "pairing", "cln"]
"""How a node comes to us: by its sealed seed, its device's answers to a challenge, its wallet's approval, or, where its
owner runs Core Lightning, by a client certificate of it."""
