"""Measurements, apart from the tests: `python -m tests.bench [name…]`, all of them without a name; no assertions."""
