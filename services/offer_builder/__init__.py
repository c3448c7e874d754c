"""offer-builder: whose a name is, what may be done to it, and whether an offer may stand behind it.

Guarantees: a name belongs to the operation that created its key, decided by compare-and-set alone, and so is which one
operation may change it; a released name rests before a stranger may have it; no owner holds more names than allowed. An
offer is decoded and checked against every rule here, whatever the node said; a record never outlives it in a cache.

May touch: the buckets `names`, `holdings`, `offers` and `offer-places`, of which it is the only writer. Talks to nobody
outside.
"""
