"""Faults of authoritative servers, as a table: what each one changes about an answer or its transport."""

import enum
from collections.abc import Iterable

from services.sandbox.dns.seal import Sealing


class Fault(enum.Enum):
    """What can be wrong with one authoritative address."""

    STALE = "stale"  # serves the zone as it was one change ago
    FROZEN = "frozen"  # serves the zone as it was when the fault was set
    UNSIGNED = "unsigned"  # no trace of DNSSEC
    WRONG_KEY = "wrong-key"  # signs well, but with keys that no DS knows
    BOGUS = "bogus"  # signatures do not verify
    EXPIRED = "expired"  # signatures ended two days ago
    REFUSE_TCP = "refuse-tcp"
    DROP_UDP = "drop-udp"
    SILENT = "silent"
    SERVFAIL = "servfail"
    TRUNCATE = "truncate"  # every UDP answer says "ask over TCP"
    LOSE_UPDATES = "lose-updates"  # makes the change and never says so


SEALINGS = {Fault.BOGUS: Sealing.BOGUS, Fault.EXPIRED: Sealing.EXPIRED}


class Faults:
    """Which faults each address has now."""

    def __init__(self) -> None:
        self._by_address: dict[str, frozenset[Fault]] = {}
        self._frozen_at: dict[str, float] = {}

    def set(self, address: str, faults: Iterable[Fault], now: float) -> None:
        """Give `address` exactly these `faults` from `now` (monotonic seconds) on."""
        self._by_address[address] = frozenset(faults)
        self._frozen_at[address] = now

    def clear(self) -> None:
        """Every address is well again."""
        self._by_address.clear()

    def of(self, address: str) -> frozenset[Fault]:
        """The faults of `address`."""
        return self._by_address.get(address, frozenset())

    def frozen_at(self, address: str) -> float:
        """Since when `address` has its present faults."""
        return self._frozen_at[address]

    def sealing(self, address: str) -> Sealing:
        """How `address` signs."""
        return next((SEALINGS[fault] for fault in self.of(address) if fault in SEALINGS), Sealing.GOOD)

    def table(self) -> dict[str, list[str]]:
        """Faults by address, for people."""
        return {
            address: sorted(fault.value for fault in faults) for address, faults in self._by_address.items() if faults
        }
