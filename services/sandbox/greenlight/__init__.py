"""A Greenlight of its own for the sandbox: a scheduler and one server per node, over gRPC and mTLS, on loopback.

Guarantees what a client can observe of the real one: certificates by chain, single-use challenges, duplicate and
unknown nodes, per-user trust, signed calls with runes, a signer's stream, path-less offers while no signer is attached.
It holds no seed and no key of a node. State lives in one folder and survives a restart. It moves no money.
"""

from services.sandbox.greenlight.world import GreenlightAddresses, GreenlightWorld

__all__ = ["GreenlightAddresses", "GreenlightWorld"]
