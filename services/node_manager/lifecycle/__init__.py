"""A node's life: how ready it is, who may start it, when it is stuck, and what its owner is told of all that.

Guarantees: one process at a time asks for a node's start (a lease), a turn of its readiness is told once, a node that
answers nothing is restarted a bounded number of times, and no call that needs the owner's signer goes to a node that
has none.
"""
