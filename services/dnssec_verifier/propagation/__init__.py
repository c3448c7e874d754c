"""P1, P2 and P4 of a published name: looking at every authoritative address, judging, and deciding what to do next."""
