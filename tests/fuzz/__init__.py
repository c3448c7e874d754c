"""Hostile input at every door of a running mesh, made from the tables: each HTTP call, the socket, each subject.

`just fuzz` runs for ten minutes, the test suite for seconds. Every round prints its seed; `FUZZ_SEED=<seed>` plays it
again, `FUZZ_SECONDS` says how long each door is tried. What must hold is in `tests/fuzz/oracle.py`.
"""
