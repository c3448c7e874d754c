"""Whoever serves a zone, as one interface: what may be asked, what came of it, its limits, and setbacks."""
