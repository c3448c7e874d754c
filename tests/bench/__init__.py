"""Measurements, apart from the tests: `python -m tests.bench [bolt12|lines|registrations|sockets]`; no assertions."""
