"""Offers on nodes that nobody needs: found by their labels, and disabled.

Every operation cleans up after itself; what is left is what nobody is left to know of. Guarantees: only evidence
disables (what is not known is kept), only what carries a label of ours is touched, an offer that a record names as
current never is; no node is woken, and nothing is made on a node while it is swept (its lease).
"""
