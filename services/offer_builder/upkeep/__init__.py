"""Names whose offers expire: replaced in time, or taken out in time. There is never a dead offer in DNS.

A rotation is opened well before the last moment; if none succeeds until then, the record is withdrawn and the name is
paused. Both are operations like any other, so the owner is told of each, once and in order.
"""
