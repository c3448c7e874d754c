"""offer-builder: whose a name is, and whether an offer may stand behind it.

Guarantees: a name belongs to the operation that created its key, decided by compare-and-set alone; an offer is decoded
and checked against every rule here, whatever the node said; a record never outlives its offer in a cache.

May touch: the bucket `names`, of which it is the only writer. Talks to nobody outside.
"""
