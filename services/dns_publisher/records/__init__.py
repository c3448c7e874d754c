"""A payment record: what should stand, what does, whose it is, and how long it may. Pure."""
