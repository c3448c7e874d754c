"""The door of HTTP: addresses and what they take and give, bodies, refusals, limits, documents, traces."""
