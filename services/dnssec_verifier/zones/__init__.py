"""Signing states of zones: what is seen at parent and child, the gates as a table, and the one writer of `zones`."""
