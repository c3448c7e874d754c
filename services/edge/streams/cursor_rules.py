"""What a cursor may do: rise to what was acknowledged, and bring its device back; pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stay:
    """It already stands there, or further on."""


@dataclass(frozen=True, slots=True)
class Rise:
    """It moves to `seq`."""

    seq: int


def moved(standing: int, acked: int) -> Stay | Rise:
    """What an ack of everything up to `acked` does to a cursor at `standing` (0: there is none): it never goes back."""
    return Rise(acked) if acked > standing else Stay()


@dataclass(frozen=True, slots=True)
class Resume:
    """The device goes on after `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Astray:
    """The cursor remembers a future that the log does not have: the log was made anew, and nothing may be skipped."""


def resumed(standing: int, head: int) -> Resume | Astray:
    """Where a device with its cursor at `standing` goes on in a log that ends at `head` (0: empty)."""
    return Astray() if standing > head else Resume(standing)
