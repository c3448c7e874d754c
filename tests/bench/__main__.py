"""Runs the measurements that are named, or all of them."""

import sys

from bus import log as logs
from tests.bench import (
    bolt12,
    invalidation,
    lines,
    lists,
    payments,
    proofs,
    publishers,
    reads,
    registrations,
    signing,
    sockets,
)

BENCHES = {
    "bolt12": bolt12.run,
    "invalidation": invalidation.run,
    "lines": lines.run,
    "lists": lists.run,
    "payments": payments.run,
    "proofs": proofs.run,
    "publishers": publishers.run,
    "reads": reads.run,
    "registrations": registrations.run,
    "signing": signing.run,
    "sockets": sockets.run,
}


def main() -> None:
    """Print each measurement under its name."""
    logs.configure("bench", "warning")
    for name in sys.argv[1:] or BENCHES:
        print(f"== {name}")
        BENCHES[name]()


if __name__ == "__main__":
    main()
