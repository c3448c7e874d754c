"""Names of ours that are live, looked at all the while: is their record right everywhere, and does its chain hold?

One process at a time makes the rounds (a lease); every name has its turn, spread over time. Only authoritative servers
are asked, never a resolver.
"""
