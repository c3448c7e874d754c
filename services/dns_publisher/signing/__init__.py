"""Signing zones: talking to whoever signs (`signers`) and to the parent (`parents`), and only where a gate is open."""
