"""offer-builder against a real bus; the other workers are stood in for by short handlers."""
