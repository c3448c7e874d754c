"""One file an address: what it takes, what it checks and in which order, what it answers."""
