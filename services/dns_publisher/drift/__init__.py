"""Drift: what a zone holds, compared by bytes with what we published, and put right if that is configured.

Guarantees: what an operation is changing right now is never called drift; nothing is said, and nothing repaired, that
was not seen twice; one replica compares at a time and asks slowly, so that publishing always comes first. A repair goes
through the name's lease and touches payment records only.
"""
