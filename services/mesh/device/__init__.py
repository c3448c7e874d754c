"""The owner's side: a Nostr key, a mnemonic that never leaves the device but sealed, and a signer for the node.

Talks HTTP to an edge and gRPC to the scheduler and the node, exactly as a phone would. Nothing secret is printed,
logged or stored; what is held lives in this process and is wiped when the device is closed.
"""
