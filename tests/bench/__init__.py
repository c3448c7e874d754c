"""Measurements, apart from the tests: `python -m tests.bench [registrations|bolt12|lines]`. They assert nothing."""
