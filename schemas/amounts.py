"""Amounts: millisatoshi, as decimal strings on the wire."""

import re

MAX_MSAT = 21_000_000 * 100_000_000 * 1000
"""All that there will ever be."""

_MSAT = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def is_msat(text: str, *, least: int) -> bool:
    """Whether `text` is an amount as we write it, of at least `least` msat, and no more than there is."""
    return _MSAT.fullmatch(text) is not None and least <= int(text) <= MAX_MSAT
