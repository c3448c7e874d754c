"""Putting what a caller wants on the bus, once, and asking other workers."""
