"""The world in a box: Greenlight, a signed DNS from the root down with its registry, and a Cloudflare-compatible API.

Guarantees: real protocols over real sockets, the same keys and records after a restart, faults on demand. It listens on
loopback only and touches only `<data_dir>/sandbox`; needs no bus, no root and no network. How to reach it is in
`world.json` (`schemas.world`).
"""
