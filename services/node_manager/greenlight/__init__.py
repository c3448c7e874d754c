"""Thin adapters to the Greenlight scheduler and to a node: one deadline a call, errors as types, signed bytes sent."""
