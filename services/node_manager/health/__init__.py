"""What a name needs of its node: an offer that is active, and a signer, without which the node can receive nothing.

Guarantees: no node is woken to be looked at, and no call is made that would need a signer. One process at a time makes
the rounds (a lease); a node is looked at once for all names that it serves.
"""
