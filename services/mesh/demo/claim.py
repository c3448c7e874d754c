"""A line of the demo's table that has to be true."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """`why_not` is empty when it is true."""

    text: str
    why_not: str = ""


def claim(text: str, is_true: bool, why_not: str) -> Claim:
    """`text`, and why not if it is not."""
    return Claim(text, "" if is_true else why_not or "false")
