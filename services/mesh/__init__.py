"""The `mesh` command: starts, drives and shows the whole; holds no state of its own.

`stack` starts embedded NATS, the sandbox, every worker and an edge as processes and keeps them alive; `demo` plays an
owner with a device; `device` is that device (Nostr key, mnemonic, signer). It may touch processes it started and HTTP.
"""
